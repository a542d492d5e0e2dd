//! What the screens told of a change until its process was killed, and what came of it.

use std::time::Duration;

use crate::change::{Change, Row};
use crate::hands::Sight;

/// What the screens told until a kill.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) confirmed: bool,
    /// How long that took.
    pub(crate) took: Option<Duration>,
    /// The credential ID of a card that was not there before.
    pub(crate) made: Option<String>,
    pub(crate) sent: bool,
    /// Credential ID, code, and when it was shown.
    pub(crate) codes: Vec<(String, String, u64)>,
}

impl Told {
    /// Takes down what a screen shows so long after the last input.
    pub(crate) fn take_down(
        &mut self,
        change: &Change,
        before: &[Row],
        sight: &Sight,
        after: Duration,
    ) {
        if !self.confirmed && change.is_confirmed_by(sight, before) {
            self.confirmed = true;
            self.took = Some(after);
        }
        let is_new = |id: &String| before.iter().all(|row| row.id != *id);
        for card in &sight.cards {
            if is_new(&card.id) {
                self.made = Some(card.id.clone());
                self.sent |= card.status == "sent";
            }
            if card.code.len() == 6 {
                self.codes.push((card.id.clone(), card.code.clone(), sight.at));
            }
        }
    }
}

/// What came of a change whose process was killed.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was not there.
    Undone,
    /// It was there, though no screen had said so.
    Unseen,
    /// It was there, and a screen had confirmed it.
    Confirmed,
}

/// What came of the kills during one kind of change.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) undone: u32,
    pub(crate) unseen: u32,
    pub(crate) confirmed: u32,
}

impl Tally {
    pub(crate) fn kills(self) -> u32 {
        self.undone + self.unseen + self.confirmed
    }

    /// Counts one more kill.
    pub(crate) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Undone => self.undone += 1,
            Outcome::Unseen => self.unseen += 1,
            Outcome::Confirmed => self.confirmed += 1,
        }
    }
}
