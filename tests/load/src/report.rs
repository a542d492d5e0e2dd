//! What was measured, for people and for programs, and whether it is enough.

use std::{fmt, time::Duration};

use serde_json::{Value, json};

use crate::{
    clinic::Codes,
    load::Measured,
    machine::Machine,
    plot::{Chart, Line},
    runs::{MANY, MOST, USUAL},
};

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Report {
    /// The one by which the server is judged first, then each size.
    pub(crate) runs: Vec<Run>,
    /// What was not measured to its end, and why.
    pub(crate) stopped: Vec<String>,
    pub(crate) before: Machine,
    pub(crate) after: Machine,
}

/// A server over a database of one size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) tokens: u32,
    pub(crate) codes: Codes,
    pub(crate) ready_after: Duration,
    /// Before and after the accepted codes.
    pub(crate) nothing: [Measured; 2],
    pub(crate) good: Measured,
    /// With one connection.
    pub(crate) good_alone: Measured,
    /// Where they are asked; or why they were not measured to the end.
    pub(crate) wrong: Option<Result<Measured, String>>,
    /// Accepted once more, after the refused ones.
    pub(crate) good_after: Option<Measured>,
    /// Microseconds of the server's processor time for each accepted code.
    pub(crate) processor: f64,
    /// Flushes of the disk a second, on average of before and after the accepted codes.
    pub(crate) flushes: f64,
    /// In MiB.
    pub(crate) memory: f64,
}

impl Run {
    fn refused(&self) -> Option<&Measured> {
        self.wrong.as_ref()?.as_ref().ok()
    }

    /// Accepted codes a second, on average of before and after the refused ones.
    fn good_beside_refused(&self) -> f64 {
        let after = self.good_after.as_ref().unwrap_or(&self.good);
        f64::midpoint(self.good.rate(), after.rate())
    }

    /// Answers to nothing a second, on average of before and after.
    pub(crate) fn nothing_rate(&self) -> f64 {
        f64::midpoint(self.nothing[0].rate(), self.nothing[1].rate())
    }
}

/// One figure, and what it must reach.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    pub(crate) limit: Limit,
}

/// What a figure must keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

impl Figure {
    pub(crate) fn is_within(&self) -> bool {
        match self.limit {
            Limit::AtLeast(limit) => self.value >= limit,
            Limit::AtMost(limit) => self.value <= limit,
        }
    }
}

impl Report {
    /// The figures that this run can tell.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        use Limit::{AtLeast, AtMost};

        let figure = |name, unit, value, limit| Figure { name, unit, value, limit };
        let mut figures = Vec::new();
        if let Some(usual) = self.runs.first() {
            let good = usual.good.rate();
            figures.push(figure("accepted codes", "/s", good, AtLeast(15_000.0)));
            let share = good / usual.nothing_rate();
            figures.push(figure("of the no-op's rate", "", share, AtLeast(0.4)));
            if let Some(wrong) = usual.refused() {
                let beside = AtLeast(usual.good_beside_refused());
                figures.push(figure("refused codes", "/s", wrong.rate(), beside));
            }
            let [alone, many] =
                [&usual.good_alone, &usual.good].map(|of| of.latencies.per_mille(990));
            figures.push(figure("p99, 1 connection", "ms", alone, AtMost(5.0)));
            figures.push(figure("p99, 32 connections", "ms", many, AtMost(15.0)));
        }
        let of = |tokens| {
            self.runs.iter().find(|run| run.tokens == tokens && run.codes == Codes::ByCounter)
        };
        if let (Some(few), Some(many)) = (of(1_000), of(MOST)) {
            let cost = many.processor / few.processor;
            figures.push(figure("cost of a code, 10^6 against 10^3", "", cost, AtMost(1.1)));
            let memory = self.runs.iter().filter(|run| run.tokens == MOST).map(|run| run.memory);
            let memory = memory.fold(0.0, f64::max);
            figures.push(figure("memory, 10^6 tokens", "MiB", memory, AtMost(95.4)));
            let ready = many.ready_after.as_secs_f64();
            figures.push(figure("start to ready, 10^6 tokens", "s", ready, AtMost(0.5)));
        }
        figures
    }

    pub(crate) fn is_within(&self) -> bool {
        self.stopped.is_empty() && self.figures().iter().all(Figure::is_within)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "figures": self.figures().iter().map(figure_json).collect::<Vec<_>>(),
            "stopped": self.stopped,
            "runs": self.runs.iter().map(run_json).collect::<Vec<_>>(),
            "connections": MANY,
            "processor": self.before.processor,
            "cores": self.before.cores,
            "load": [self.before.load, self.after.load],
            "within": self.is_within(),
        })
    }

    /// The charts and the names of their files.
    pub(crate) fn charts(&self) -> Vec<(&'static str, Chart)> {
        let sizes: Vec<&Run> =
            self.runs.iter().filter(|run| run.codes == Codes::ByCounter).collect();
        let line = |name: &str, value: fn(&Run) -> f64| Line {
            name: name.to_owned(),
            values: sizes.iter().map(|run| value(run)).collect(),
        };
        let places = sizes.iter().map(|run| thousands(run.tokens)).collect();
        let rates = Chart {
            title: "Answers a second over the number of tokens",
            up: "32 connections, two cores shared with the load generator",
            places,
            lines: vec![
                line("no-op handler", Run::nothing_rate),
                line("accepted codes", |run| run.good.rate()),
            ],
        };
        let mut charts = vec![("server-rates.svg", rates)];
        if let Some(usual) = self.runs.first() {
            charts.push(("server-latency.svg", latency(usual)));
        }
        charts
    }
}

fn latency(run: &Run) -> Chart {
    const PARTS: [usize; 6] = [100, 250, 500, 750, 900, 990];
    let line = |name: &str, of: &Measured| Line {
        name: name.to_owned(),
        values: PARTS.iter().map(|part| of.latencies.per_mille(*part)).collect(),
    };
    let mut lines = vec![
        line("accepted, 1 connection", &run.good_alone),
        line("accepted, 32", &run.good),
        line("no-op handler, 32", &run.nothing[0]),
    ];
    lines.extend(run.refused().map(|wrong| line("refused, 32", wrong)));
    Chart {
        title: "How long an answer takes",
        up: "milliseconds that so many of the answers did not exceed, 100,000 tokens",
        places: PARTS.iter().map(|part| format!("{} %", part / 10)).collect(),
        lines,
    }
}

fn figure_json(figure: &Figure) -> Value {
    let limit = match figure.limit {
        Limit::AtLeast(limit) => json!({ "at_least": limit }),
        Limit::AtMost(limit) => json!({ "at_most": limit }),
    };
    json!({
        "name": figure.name,
        "unit": figure.unit,
        "value": figure.value,
        "limit": limit,
        "within": figure.is_within(),
    })
}

fn run_json(run: &Run) -> Value {
    let measured = |of: &Measured| {
        json!({
            "per_second": of.rate(),
            "answers": of.latencies.count(),
            "p50_ms": of.latencies.per_mille(500),
            "p99_ms": of.latencies.per_mille(990),
        })
    };
    json!({
        "tokens": run.tokens,
        "codes": run.codes.words(),
        "ready_after_s": run.ready_after.as_secs_f64(),
        "no_op": run.nothing.iter().map(measured).collect::<Vec<_>>(),
        "accepted": measured(&run.good),
        "accepted_1_connection": measured(&run.good_alone),
        "refused": run.refused().map(measured),
        "accepted_after_refused": run.good_after.as_ref().map(measured),
        "server_microseconds_a_code": run.processor,
        "flushes_a_second": run.flushes,
        "memory_mib": run.memory,
    })
}

/// With commas, as people read it.
fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, unit, value, limit } = self;
        let limit = match limit {
            Limit::AtLeast(limit) => format!(">= {limit:.4} {unit}"),
            Limit::AtMost(limit) => format!("<= {limit} {unit}"),
        };
        let within = if self.is_within() { "within" } else { "MISSED" };
        write!(f, "{name:<36} {value:>12.3} {unit:<4} {limit:<16} {within}")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for figure in &self.figures() {
            writeln!(f, "{figure}")?;
        }
        writeln!(
            f,
            "\n{:>10} {:<11} {:>8} {:>10} {:>9} {:>9} {:>8} {:>8} {:>8} {:>9} {:>7}",
            "tokens",
            "codes",
            "no-op/s",
            "accepted/s",
            "refused/s",
            "of no-op",
            "p99 1",
            "p99 32",
            "us/code",
            "flushes/s",
            "MiB"
        )?;
        for run in &self.runs {
            let refused = run.refused().map_or("-".to_owned(), |of| format!("{:.0}", of.rate()));
            writeln!(
                f,
                "{:>10} {:<11} {:>8.0} {:>10.0} {refused:>9} {:>8.0}% {:>8.2} {:>8.2} {:>8.1} {:>9.0} {:>7.1}",
                thousands(run.tokens),
                run.codes.words(),
                run.nothing_rate(),
                run.good.rate(),
                100.0 * run.good.rate() / run.nothing_rate(),
                run.good_alone.latencies.per_mille(990),
                run.good.latencies.per_mille(990),
                run.processor,
                run.flushes,
                run.memory,
            )?;
        }
        for what in &self.stopped {
            writeln!(f, "Stopped: {what}")?;
        }
        let Machine { processor, cores, load } = &self.before;
        writeln!(
            f,
            "\n32 connections, judged at {} tokens; {processor}, {cores} cores, load generator on the same.\n\
             Load {load:.1} before, {:.1} after: what others run on these cores is missing here.",
            thousands(USUAL),
            self.after.load
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latencies::Latencies;

    fn measured(answers: usize) -> Measured {
        let mut latencies = Latencies::default();
        (0..answers).for_each(|_| latencies.note(Duration::from_millis(1)));
        Measured { latencies, took: Duration::from_secs(1) }
    }

    fn report(accepted: usize) -> Report {
        let run = |tokens, codes| Run {
            tokens,
            codes,
            ready_after: Duration::from_millis(100),
            nothing: [measured(30_000), measured(40_000)],
            good: measured(accepted),
            good_alone: measured(500),
            wrong: Some(Ok(measured(16_000))),
            good_after: Some(measured(accepted)),
            processor: 30.0,
            flushes: 500.0,
            memory: 60.0,
        };
        let machine = Machine { processor: "A".to_owned(), cores: 2, load: 0.5 };
        let runs = vec![
            run(100_000, Codes::ByTime),
            run(1_000, Codes::ByCounter),
            run(1_000_000, Codes::ByCounter),
        ];
        Report { runs, stopped: Vec::new(), before: machine.clone(), after: machine }
    }

    #[test]
    fn one_figure_that_is_missed_is_a_report_that_is_not_within() {
        assert!(report(15_500).is_within());
        let slow = report(14_900);
        let missed: Vec<_> =
            slow.figures().into_iter().filter(|figure| !figure.is_within()).collect();
        assert_eq!(missed.iter().map(|figure| figure.name).collect::<Vec<_>>(), ["accepted codes"]);
        assert_eq!(slow.to_json()["within"], false);
        assert_eq!(slow.to_string().matches("MISSED").count(), 1);
        // Refused as fast as accepted, and accepted at two fifths of nothing.
        assert!(!report(16_500).is_within());
        assert!(!report(13_000).is_within());
        let mut fat = report(15_500);
        fat.runs.push(Run { codes: Codes::ByTime, memory: 96.0, ..fat.runs[2].clone() });
        assert!(!fat.is_within(), "whichever codes they make");
        let mut grown = report(16_500);
        grown.runs[0].good_after = Some(measured(15_400));
        assert!(grown.is_within(), "judged by what was accepted before and after");
    }

    #[test]
    fn what_stopped_is_told_beside_what_was_measured() {
        let mut report = report(15_500);
        report.runs[0].wrong = Some(Err("the server ended a connection".to_owned()));
        report.stopped.push("100000 tokens: the server ended a connection".to_owned());
        assert!(!report.is_within());
        let text = report.to_string();
        assert!(text.contains("Stopped: 100000 tokens") && text.contains("accepted codes"));
        assert!(!text.contains("refused codes"));
    }

    #[test]
    fn a_chart_has_a_place_for_each_size() {
        let charts = report(15_500).charts();
        assert_eq!(charts[0].1.places, ["1,000", "1,000,000"]);
        assert_eq!(charts[1].1.lines.len(), 4);
    }
}
