//! What was answered to the last tested codes, so that a form that is sent twice (a double click, a
//! reload) gets the same answer twice and not "already used".
//!
//! In memory only: after a restart, or on another server, the repetition is judged as a new test,
//! which signs nothing either way.

use std::{
    collections::VecDeque,
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use oath::{Code, SerialNumber};
use registry::{IdempotencyKey, Npi};
use subtle::ConstantTimeEq;
use tokio::sync::{Mutex, OnceCell};

use super::test_code::Judgement;

/// How many answers are remembered.
const MOST: usize = 1_000;

/// The last answers, the latest last.
#[derive(Default)]
pub(crate) struct RecentTests {
    tests: Mutex<VecDeque<Test>>,
    /// Keyed anew at each start: what it gives of a passphrase says nothing without it.
    hasher: RandomState,
}

/// One submit of the form, with the code that it carried.
struct Test {
    account: Npi,
    serial: SerialNumber,
    key: IdempotencyKey,
    code: Code,
    beside: u64,
    answer: Arc<OnceCell<Judgement>>,
}

impl RecentTests {
    /// Where the answer to this submit is or will be. Whoever finds it empty judges the code;
    /// whoever comes meanwhile waits for that. `beside` is what else the form has that counts.
    pub(super) async fn answer_to(
        &self,
        account: Npi,
        serial: &SerialNumber,
        key: &IdempotencyKey,
        (beside, code): (&[&str], &Code),
    ) -> Arc<OnceCell<Judgement>> {
        let beside = self.hasher.hash_one(beside);
        let mut tests = self.tests.lock().await;
        let same = |test: &&Test| {
            test.key == *key
                && test.account == account
                && test.serial == *serial
                && test.beside == beside
                && bool::from(test.code.ct_eq(code))
        };
        if let Some(test) = tests.iter().find(same) {
            return test.answer.clone();
        }
        if tests.len() == MOST {
            tests.pop_front();
        }
        let answer = Arc::default();
        tests.push_back(Test {
            account,
            serial: serial.clone(),
            key: key.clone(),
            code: code.clone(),
            beside,
            answer: Arc::clone(&answer),
        });
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed<T: core::str::FromStr<Err: core::fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    async fn ask(
        recent: &RecentTests,
        [npi, serial, key, code, passphrase]: [&str; 5],
    ) -> Arc<OnceCell<Judgement>> {
        let (serial, key, code) = (parsed(serial), parsed(key), parsed(code));
        recent.answer_to(parsed(npi), &serial, &key, (&[passphrase], &code)).await
    }

    #[tokio::test]
    async fn only_the_same_submit_has_the_same_answer_and_old_ones_are_forgotten() {
        let recent = RecentTests::default();
        let submit = ["1234567893", "CSST4F7K92MQ", "a", "123456", "correct horse"];
        let first = ask(&recent, submit).await;
        assert!(Arc::ptr_eq(&first, &ask(&recent, submit).await));
        let others = ["1245319599", "CSST00000000", "b", "123457", ""];
        for (place, other) in others.into_iter().enumerate() {
            let mut changed = submit;
            changed[place] = other;
            assert!(!Arc::ptr_eq(&first, &ask(&recent, changed).await), "{other}");
        }
        for number in 0..2 * MOST {
            let key = format!("k{number}");
            ask(&recent, ["1234567893", "CSST4F7K92MQ", &key, "123456", ""]).await;
        }
        assert_eq!(recent.tests.lock().await.len(), MOST);
    }
}
