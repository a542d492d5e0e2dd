//! What was measured, for people and for programs.

use std::fmt;

use serde_json::{Value, json};

use super::figures::{Figure, Limit, Samples};
use super::machine::Machine;

/// A whole measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// One for each limit.
    pub figures: Vec<Figure>,
    /// How often a second the ring moved while the app was idle.
    pub ring_moves: f64,
    /// The machine when the measurement began.
    pub before: Machine,
    /// And when it ended.
    pub after: Machine,
}

impl Report {
    /// Whether every limit is kept.
    pub fn is_within(&self) -> bool {
        self.figures.iter().all(Figure::is_within)
    }

    /// The same, for programs.
    pub fn to_json(&self) -> Value {
        let figures: Vec<Value> = self.figures.iter().map(figure_json).collect();
        json!({
            "figures": figures,
            "ring_moves_per_second": self.ring_moves,
            "processor": self.before.processor,
            "cores": self.before.cores,
            "load": [self.before.load, self.after.load],
            "other_web_views": [self.before.web_views, self.after.web_views],
            "within": self.is_within(),
        })
    }
}

fn figure_json(figure: &Figure) -> Value {
    let samples = |samples: &Samples| {
        json!({
            "least": samples.least(),
            "median": samples.median(),
            "most": samples.most(),
            "all": samples.all(),
        })
    };
    let limit = match figure.limit {
        Limit::Below(limit) => json!({ "below": limit }),
        Limit::TimesTheEmptyWindow(times) => json!({ "ratio_at_most": times }),
    };
    json!({
        "name": figure.name,
        "unit": figure.unit,
        "app": samples(&figure.app),
        "empty_window": figure.empty.as_ref().map(samples),
        "ratio": figure.ratio(),
        "limit": limit,
        "within": figure.is_within(),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<39} {:<4} {:<22} {:<22} {:>5}  {:<10}",
            "", "", "app", "empty window", "ratio", "limit"
        )?;
        for figure in &self.figures {
            writeln!(f, "{}", line(figure))?;
        }
        writeln!(f, "\nMedians, in brackets the least and the most of them.")?;
        writeln!(f, "The ring moved {:.1} times a second.", self.ring_moves)?;
        let Machine { processor, cores, .. } = &self.before;
        write!(
            f,
            "{processor}, {cores} cores; load {:.1} before, {:.1} after",
            self.before.load, self.after.load
        )?;
        match self.before.web_views.max(self.after.web_views) {
            0 => writeln!(f, "."),
            others => writeln!(f, "; {others} other web views, which share memory with these."),
        }
    }
}

fn line(figure: &Figure) -> String {
    let places = if figure.unit == "MiB" { 1 } else { 3 };
    let cell = |samples: &Samples| {
        let (least, median, most) = (samples.least(), samples.median(), samples.most());
        format!("{median:.places$} ({least:.places$} to {most:.places$})")
    };
    let limit = match figure.limit {
        Limit::Below(limit) => format!("< {limit} {}", figure.unit),
        Limit::TimesTheEmptyWindow(times) => format!("<= {times} times"),
    };
    format!(
        "{:<39} {:<4} {:<22} {:<22} {:>5}  {:<13} {}",
        figure.name,
        figure.unit,
        cell(&figure.app),
        figure.empty.as_ref().map_or("-".to_owned(), cell),
        figure.ratio().map_or("-".to_owned(), |ratio| format!("{ratio:.2}")),
        limit,
        if figure.is_within() { "within" } else { "MISSED" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(limit: f64) -> Report {
        let samples = |samples: &[f64]| Samples::new(samples.to_vec()).expect("there are some");
        let machine = Machine { processor: "A".to_owned(), cores: 2, load: 0.5, web_views: 0 };
        let memory = Figure {
            name: "memory",
            unit: "MiB",
            app: samples(&[103.0, 102.0, 101.0]),
            empty: Some(samples(&[100.0])),
            limit: Limit::TimesTheEmptyWindow(1.1),
        };
        let start = Figure {
            name: "start",
            unit: "s",
            app: samples(&[0.9]),
            empty: None,
            limit: Limit::Below(limit),
        };
        let figures = vec![memory, start];
        Report { figures, ring_moves: 2.0, before: machine.clone(), after: machine }
    }

    #[test]
    fn one_limit_that_is_missed_is_a_report_that_is_not_within() {
        assert!(report(1.0).is_within());
        let missed = report(0.9);
        assert!(!missed.is_within());
        assert_eq!(missed.to_json()["within"], false);
        assert_eq!(missed.to_string().matches("MISSED").count(), 1);
    }

    #[test]
    fn the_table_has_medians_and_ratios() {
        let table = report(1.0).to_string();
        assert!(table.contains("102.0 (101.0 to 103.0)"), "{table}");
        assert!(table.contains(" 1.02  <= 1.1 times"), "{table}");
        assert_eq!(report(1.0).to_json()["figures"][0]["ratio"], 1.02);
    }
}
