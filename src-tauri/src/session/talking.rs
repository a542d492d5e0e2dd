//! What a token's server is asked: how the token is, and to suspend another that is lost.

use oath::{CredentialId, SerialNumber, UnixTime};
use provisioning::{AppAnswer, AppAsk, AppRequest, AppTokenState, OtherToken, ReportId, ServerUrl};
use serde::Serialize;
use vault::{Enrolment, LastState, LogEvent};

use super::Session;
use crate::{chance::rng, clock::Moment, problem::Problem, talking::Heard};

/// A question on its way to a token's server.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) server: ServerUrl,
    pub(crate) request: AppRequest,
    id: CredentialId,
    lost: Option<SerialNumber>,
}

/// A report whose answer has not come: sent again, it is the same one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OpenReport {
    by: CredentialId,
    lost: SerialNumber,
    id: ReportId,
}

/// What a server told of a token and its owner's others.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Told {
    pub(crate) state: ToldState,
    pub(crate) others: Vec<OtherToken>,
}

/// How a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct ToldState {
    pub(crate) state: AppTokenState,
    /// When it was told, by this machine's clock.
    pub(crate) at: UnixTime,
    pub(crate) sync_minute: Option<u8>,
    /// While it is locked, by the server's clock.
    pub(crate) locked_until: Option<UnixTime>,
}

impl Session {
    /// Asks how a token is, and which other tokens its owner has.
    pub(crate) fn ask_status(&self, id: CredentialId, now: Moment) -> Result<Question, Problem> {
        self.question(id, AppAsk::Status, None, now)
    }

    /// Reports another token of the same owner lost.
    pub(crate) fn ask_to_suspend(
        &mut self,
        id: CredentialId,
        lost: SerialNumber,
        now: Moment,
    ) -> Result<Question, Problem> {
        let is_this = |open: &OpenReport| open.by == id && open.lost == lost;
        let open = self.open_report.as_ref().filter(|open| is_this(open));
        let report_id = open.map_or_else(|| ReportId::generate(&mut rng()), |open| open.id);
        let ask = AppAsk::ReportLost { serial: lost.clone(), report_id };
        let question = self.question(id, ask, Some(lost.clone()), now)?;
        self.open_report = Some(OpenReport { by: id, lost, id: report_id });
        Ok(question)
    }

    /// Remembers by how many seconds the clock is behind a server's, where that was measured; what is
    /// then known.
    pub(crate) fn note_skew(&mut self, behind: Option<i64>) -> Option<i64> {
        self.clock_skew = behind.or(self.clock_skew);
        self.clock_skew
    }

    /// Takes a server's answer: what it says of the token and the clock is remembered. What the
    /// keyring does not take is told all the same: a loss can't wait for a keyring.
    pub(crate) fn hear(&mut self, question: &Question, heard: Heard) -> Result<Told, Problem> {
        self.note_skew(heard.behind);
        let AppAnswer { token, others, .. } = heard.answer;
        let (state, sync_minute, at) = (token.state, token.sync_minute, heard.at.unix());
        let last = LastState { state, at, sync_minute };
        let _ = self.unlocked_mut()?.set_last_state(question.id, last, &mut rng());
        if let Some(lost) = &question.lost {
            let what = LogEvent::ReportedLost { serial: lost.to_string() };
            self.log(question.id, what, heard.at);
            self.open_report = None;
        }
        let state = ToldState { state, at, sync_minute, locked_until: token.locked_until };
        Ok(Told { state, others })
    }

    fn question(
        &self,
        id: CredentialId,
        ask: AppAsk,
        lost: Option<SerialNumber>,
        now: Moment,
    ) -> Result<Question, Problem> {
        let Enrolment::Sent { server, .. } = &self.credential(id)?.enrolment else {
            return Err(Problem::NotEnrolled);
        };
        let server = server.clone();
        let request = self.unlocked()?.app_request(id, ask, now.unix())?;
        Ok(Question { server, request, id, lost })
    }
}
