//! A program with all that it has started: what it takes of the processor and of the memory.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::error::{Error, Result, ensure};
use crate::process;

/// A process and its descendants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Family {
    first: u32,
    members: BTreeSet<u32>,
}

impl Family {
    /// As it is now.
    pub(super) fn of(first: u32) -> Self {
        let parents: Vec<(u32, u32)> = process::all()
            .into_iter()
            .filter_map(|id| Some((id, process::parent_of(id)?)))
            .collect();
        let mut members = BTreeSet::from([first]);
        while let Some((id, _)) =
            parents.iter().find(|(id, parent)| members.contains(parent) && !members.contains(id))
        {
            members.insert(*id);
        }
        Self { first, members }
    }

    /// Whether nothing of it runs any more.
    pub(super) fn has_ended(&self) -> bool {
        !self.members.iter().any(|id| process::runs(*id))
    }

    /// Ends it at once.
    pub(super) fn kill(&self) {
        self.members.iter().copied().for_each(process::kill);
    }

    /// The proportional set size in MiB: what is shared counts to each who has it, in parts.
    pub(super) fn memory(&self) -> Result<f64> {
        let mut kib = 0.0;
        for id in &self.members {
            let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            kib += number.ok_or_else(|| Error::different(format!("no Pss of process {id}")))?;
        }
        Ok(kib / 1024.0)
    }

    /// The share of one core, in per cent, that it takes for so long.
    pub(super) async fn processor_share(&self, time: Duration) -> Result<f64> {
        let before = self.processor_seconds()?;
        let watch = Stopwatch::start();
        tokio::time::sleep(time).await;
        let used = self.processor_seconds()? - before;
        let share = used / watch.elapsed().as_secs_f64() * 100.0;
        // One that came or went meanwhile would have taken time that nobody has counted.
        ensure(Self::of(self.first) == *self, || "its processes changed meanwhile".to_owned())?;
        Ok(share)
    }

    /// The processor's time that all threads together have had, those that have ended included.
    fn processor_seconds(&self) -> Result<f64> {
        let mut ticks = 0;
        for id in &self.members {
            let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
            ticks += ticks_in(&stat)
                .ok_or_else(|| Error::different(format!("no times of process {id}")))?;
        }
        Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
    }
}

/// User and system time out of `/proc/PID/stat`: fields 14 and 15, the second in brackets.
fn ticks_in(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit(") ").next()?.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::ticks_in;

    #[test]
    fn both_times_count_whatever_the_program_is_called() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 9 0 0 0 120 34 5 6 20 0 4 0 88 9 10";
        assert_eq!(ticks_in(stat), Some(154));
        assert_eq!(ticks_in("7 (a) S 1 7"), None);
    }
}
