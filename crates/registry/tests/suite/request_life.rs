//! The states of a token request: the table itself, and random sequences of what can happen.

use oath::{TokenType, UnixTime};
use proptest::prelude::*;
use registry::{
    Actor, RequestState, TokenRequest,
    request::Mailing,
    rules::request_states::{REQUEST_TABLE, RequestEvent, RequestImpossible, RequestWho, apply},
};

use crate::clinic::{START, ada, ben, help_desk};

use RequestEvent as E;
use RequestState as S;

fn request(token_type: TokenType) -> TokenRequest {
    TokenRequest {
        id: "4F7K92MQ".parse().unwrap(),
        npi: ada(),
        token_type,
        state: S::Requested,
        mail: "ada@example.org".parse().unwrap(),
        address: None,
        replaces: None,
        requested: START,
        edited: None,
        processed: None,
        shipped: None,
        activated: None,
        cancelled: None,
        shipment: None,
        serial: None,
        link_expires: None,
        mailing: Mailing { due: Some(START), ..Mailing::default() },
    }
}

#[test]
fn the_table_leads_where_the_design_says() {
    use TokenType::{Hard, Soft};
    for (from, event, token_type, to) in [
        (S::Requested, E::Edit, Soft, Some(S::Requested)),
        (S::Requested, E::Process, Soft, Some(S::Processed)),
        (S::Requested, E::Process, Hard, Some(S::Processed)),
        (S::Requested, E::Ship, Hard, None),
        (S::Requested, E::Activate, Soft, None),
        (S::Requested, E::Activate, Hard, None),
        (S::Requested, E::SendAgain, Soft, None),
        (S::Processed, E::Edit, Soft, None),
        (S::Processed, E::Edit, Hard, None),
        (S::Processed, E::Ship, Hard, Some(S::Shipped)),
        (S::Processed, E::Ship, Soft, None),
        (S::Processed, E::Activate, Soft, Some(S::Activated)),
        (S::Processed, E::Activate, Hard, None),
        (S::Processed, E::SendAgain, Soft, Some(S::Processed)),
        (S::Processed, E::SendAgain, Hard, None),
        (S::Shipped, E::SendAgain, Hard, Some(S::Shipped)),
        (S::Shipped, E::Activate, Hard, Some(S::Activated)),
        (S::Shipped, E::Edit, Hard, None),
        (S::Shipped, E::Process, Hard, None),
    ] {
        let at = TokenRequest { state: from, ..request(token_type) };
        let row = REQUEST_TABLE
            .iter()
            .find(|row| (row.0, row.1) == (from, event) && row.3.contains(&token_type));
        assert_eq!(row.map(|row| row.4), to, "{from} {event:?} {token_type:?}");
        let anybody = [Actor::Prescriber { npi: ada() }, help_desk(), Actor::System];
        let led = anybody.iter().find_map(|actor| apply(&at, event, actor, START).ok());
        assert_eq!(led.map(|request| request.state), to, "{from} {event:?} {token_type:?}");
    }
    for state in S::ALL.iter().filter(|state| state.is_open()) {
        let at = TokenRequest { state: *state, ..request(Hard) };
        assert_eq!(apply(&at, E::Cancel, &help_desk(), START).unwrap().state, S::Cancelled);
    }
    for state in [S::Activated, S::Cancelled] {
        let led = |event| REQUEST_TABLE.iter().any(|row| (row.0, row.1) == (state, event));
        assert!(!E::ALL.into_iter().any(led), "{state} is final");
    }
}

#[test]
fn only_whom_the_table_names_can_cause_an_event() {
    let (owner, other) = (Actor::Prescriber { npi: ada() }, Actor::Prescriber { npi: ben() });
    let by_app = Actor::Token { npi: ada(), serial: "AVT812345678".parse().unwrap() };
    let actors =
        [owner.clone(), other, help_desk(), by_app, Actor::System, Actor::App, Actor::Stranger];
    for (from, event, who, types, _) in REQUEST_TABLE {
        for token_type in *types {
            let at = TokenRequest { state: *from, ..request(*token_type) };
            for actor in &actors {
                let may = match who {
                    RequestWho::System => *actor == Actor::System,
                    RequestWho::HelpDesk => *actor == help_desk(),
                    RequestWho::Owner => *actor == owner,
                    RequestWho::OwnerOrHelpDesk => *actor == owner || *actor == help_desk(),
                };
                let applied = apply(&at, *event, actor, START);
                let expected = if may { Ok(()) } else { Err(RequestImpossible::ForThem) };
                assert_eq!(applied.map(drop), expected, "{from} {event:?} by {actor}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_request_skips_a_state(
        hard in any::<bool>(),
        steps in prop::collection::vec((0..E::ALL.len(), 0..4_usize, 1..1_000_u64), 1..40),
    ) {
        let token_type = if hard { TokenType::Hard } else { TokenType::Soft };
        let actors = [
            Actor::Prescriber { npi: ada() },
            Actor::Prescriber { npi: ben() },
            help_desk(),
            Actor::System,
        ];
        let (mut request, mut now) = (request(token_type), START);
        for (event, actor, seconds) in steps {
            now = now.plus(seconds);
            let before = request.clone();
            if let Ok(after) = apply(&request, E::ALL[event], &actors[actor], now) {
                request = after;
            } else {
                continue;
            }
            check(&before, &request, now)?;
        }
    }
}

/// What must hold after every event.
fn check(before: &TokenRequest, after: &TokenRequest, now: UnixTime) -> Result<(), TestCaseError> {
    prop_assert!(before.state.is_open(), "nothing follows {}", before.state);
    let path: &[S] = match after.token_type {
        TokenType::Soft => &[S::Requested, S::Processed, S::Activated],
        TokenType::Hard => &[S::Requested, S::Processed, S::Shipped, S::Activated],
    };
    let place = |state: S| path.iter().position(|on_path| *on_path == state);
    if after.state == S::Cancelled {
        prop_assert_eq!(after.cancelled, Some(now));
    } else {
        let (from, to) = (place(before.state).unwrap(), place(after.state).unwrap());
        prop_assert!(to == from || to == from + 1, "{} to {}", before.state, after.state);
    }
    prop_assert!(after.state.is_open() || after.mailing.due.is_none());
    // Each state that was passed has its time, in their order, and none that was not.
    let times = [
        (S::Requested, Some(after.requested)),
        (S::Processed, after.processed),
        (S::Shipped, after.shipped),
        (S::Activated, after.activated),
    ];
    let reached = match after.state {
        S::Cancelled => place(before.state).unwrap(),
        state => place(state).unwrap(),
    };
    let mut last = START;
    for (state, time) in times {
        let passed = place(state).is_some_and(|place| place <= reached);
        prop_assert_eq!(time.is_some(), passed, "{} at {}", state, after.state);
        if let Some(time) = time {
            prop_assert!(time >= last);
            last = time;
        }
    }
    prop_assert!(after.edited.is_none_or(|at| after.processed.is_none_or(|then| at <= then)));
    Ok(())
}
