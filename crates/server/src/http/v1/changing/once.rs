//! A request that changes something: read whole, begun, done to its end although its sender is gone,
//! and its answer kept.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{OriginalUri, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use registry::{Answer, AnswerError, IdempotencyKey, Once, RelyingParty, Scope};
use serde::Serialize;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::super::{
    super::{Problem, Site, problem::UNKNOWN_OUTCOME},
    asking::{body, idempotency_key, not_answered, relying_party, sent, unavailable},
    shown::Entered,
};
use crate::{clock, randomness};

/// No server works longer at one request: so one that was begun a minute ago is worked at by none.
const WORKS_FOR: Duration = Duration::from_secs(40);

/// Who asks for what.
pub(super) struct Asked {
    pub(super) site: Site,
    pub(super) party: Arc<RelyingParty>,
    key: Option<IdempotencyKey>,
    /// Method and address, then the body.
    whole: Zeroizing<Vec<u8>>,
    body_at: usize,
    /// Whether the prescriber's code is used up by this: it cannot simply be sent again.
    signed_in: AtomicBool,
}

/// What was done, and is told.
pub(super) struct Done {
    status: StatusCode,
    body: String,
}

impl Done {
    /// It was changed.
    pub(super) fn changed(shown: &impl Serialize) -> Self {
        Self::with(StatusCode::OK, shown)
    }

    /// Something is there that was not.
    pub(super) fn created(shown: &impl Serialize) -> Self {
        Self::with(StatusCode::CREATED, shown)
    }

    /// It waits for somebody to do it.
    pub(super) fn accepted(shown: &impl Serialize) -> Self {
        Self::with(StatusCode::ACCEPTED, shown)
    }

    /// It is not done, with more than a problem tells.
    pub(super) fn refused(problem: &impl Serialize) -> Self {
        Self::with(StatusCode::CONFLICT, problem)
    }

    fn with(status: StatusCode, shown: &impl Serialize) -> Self {
        // Text and numbers only: this does not fail.
        Self { status, body: serde_json::to_string(shown).unwrap_or_default() }
    }
}

impl Asked {
    pub(super) async fn of(site: Site, scope: Scope, request: Request) -> Result<Self, Problem> {
        let (parts, request) = request.into_parts();
        let party = relying_party(&site, &parts.headers, scope).await?;
        let key = idempotency_key(&parts.headers)?;
        let request = body(request).await?;
        // Of a route that is nested, the parts have the rest of the address only.
        let address =
            parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let head = format!("POST {}\n", address.path());
        let whole = Zeroizing::new([head.as_bytes(), request.as_slice()].concat());
        let signed_in = AtomicBool::new(false);
        Ok(Self { site, party, key, whole, body_at: head.len(), signed_in })
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.whole[self.body_at..]
    }

    pub(super) fn note_sign_in(&self) {
        self.signed_in.store(true, Ordering::Relaxed);
    }

    /// Names what this makes, so that it is made once also where the first answer was that nothing is known.
    pub(super) fn submit(&self) -> IdempotencyKey {
        match &self.key {
            Some(key) => key.of_party(&self.party.name),
            None => IdempotencyKey::generate(&mut randomness::rng()),
        }
    }

    /// Does it, or tells how it was answered before.
    pub(super) async fn answered<Work>(
        self,
        work: impl FnOnce(Arc<Self>) -> Work,
    ) -> Result<Response, Problem>
    where
        Work: Future<Output = Result<Done, Problem>> + Send + 'static,
    {
        let asked = Arc::new(self);
        let work = work(asked.clone());
        let judged = tokio::spawn(async move { asked.once(work).await });
        judged.await.unwrap_or_else(|_| Err(Problem::given_up()))
    }

    /// What this very request entered, where its answer is not known: then that is the answer.
    async fn entered_before(&self) -> Result<Option<Answer>, Problem> {
        let (registry, id) = (&self.site.registry, self.submit());
        let found = registry.access_entered_by(&self.party, &id, clock::now()).await;
        let found = found.map_err(|error| unavailable(&error))?;
        let answer = |change| told(Done::accepted(&Entered::new(&change)));
        Ok(found.map(|change| Answer { repeated: true, ..answer(change) }))
    }

    async fn once(
        &self,
        work: impl Future<Output = Result<Done, Problem>> + Send,
    ) -> Result<Response, Problem> {
        let Some(key) = &self.key else {
            return Ok(match timeout(WORKS_FOR, work).await {
                Ok(Ok(done)) => sent(told(done)),
                Ok(Err(problem)) => problem.into_response(),
                Err(_) => Problem::given_up().into_response(),
            });
        };
        let (registry, once) = (&self.site.registry, Once { key, request: &self.whole });
        let before = registry.begin_once(&self.party, once, clock::now()).await;
        if before == Err(AnswerError::UnknownOutcome)
            && let Some(entered) = self.entered_before().await?
        {
            return Ok(sent(entered));
        }
        if let Some(answer) = before.map_err(not_answered)? {
            return Ok(sent(answer));
        }
        // It stays begun where nobody knows what became of it, and is not done a second time.
        let Ok(result) = timeout(WORKS_FOR, work).await else { return Err(Problem::given_up()) };
        let answer = match result {
            Ok(done) => told(done),
            Err(problem) if is_undecided(problem.status) => {
                if self.signed_in.load(Ordering::Relaxed) {
                    return Err(Problem::given_up());
                }
                if problem.slug == UNKNOWN_OUTCOME {
                    return Err(problem);
                }
                if let Err(error) = registry.give_up_once(&self.party, once).await {
                    tracing::error!(%error, "what was not decided stays begun");
                }
                return Err(problem);
            }
            Err(problem) => Answer {
                status: problem.status.as_u16(),
                body: serde_json::to_string(&problem.members()).unwrap_or_default(),
                repeated: false,
            },
        };
        let mut rng = randomness::rng();
        let kept = registry.finish_once(&self.party, once, &answer, clock::now(), &mut rng).await;
        if let Err(error) = kept {
            tracing::error!(%error, "the answer to what was done is not kept");
        }
        Ok(sent(answer))
    }
}

/// Nothing was judged, so that the same may be done later.
fn is_undecided(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

fn told(done: Done) -> Answer {
    Answer { status: done.status.as_u16(), body: done.body, repeated: false }
}
