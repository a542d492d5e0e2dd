//! How a token's clock or counter went, in words, as a table, and drawn.

use oath::{Drift, TokenType, UnixTime};
use registry::{
    DriftHistory, Observed, Outlook, Token,
    rules::drift::{CODES_OF_A_LIFE, ENOUGH_DAYS, ENOUGH_SAMPLES, Forecast, Life, Line},
};

use crate::time_text;

/// The drawing's size, in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;
/// What is left free around it, so that no dot is cut.
const MARGIN: f64 = 8.0;

/// What a page shows of a token's drift.
pub(crate) struct DriftText {
    /// What the samples come to, in sentences.
    pub(crate) says: Vec<String>,
    /// `None` where there is nothing to draw.
    pub(super) chart: Option<Chart>,
    /// Day and offset, or presses without use.
    pub(crate) rows: Vec<(String, String)>,
    /// What the second column is.
    pub(super) column: &'static str,
}

/// A drawing; its numbers are in the units of its view box.
pub(crate) struct Chart {
    pub(super) caption: String,
    /// What stands at the upper and the lower edge, and at the left and the right one.
    pub(super) top: String,
    pub(super) bottom: String,
    pub(super) left: String,
    pub(super) right: String,
    /// Where the window ends, above and below; where the offset is none; today.
    pub(super) bounds: Option<(String, String)>,
    pub(super) zero: Option<String>,
    pub(super) today: String,
    /// From where to where the line goes.
    pub(super) line: Option<[String; 4]>,
    pub(super) dots: Vec<(String, String)>,
    /// Bars: left edge, upper edge, height.
    pub(super) bars: Vec<(String, String, String)>,
}

impl DriftText {
    pub(crate) fn new(history: &DriftHistory, token: &Token, now: UnixTime) -> Self {
        let period = token.otp.period().map_or(30, |period| period.seconds());
        let rows = history.samples.iter().rev();
        let rows = rows.map(|sample| (time_text::date(sample.at), shown(sample.observed, period)));
        let rows = rows.collect();
        match &history.outlook {
            Outlook::Clock { line, forecast } => Self {
                says: clock_says(history, line.as_ref(), *forecast, period, now),
                chart: clock_chart(history, line.as_ref(), *forecast, token.drift, now),
                rows,
                column: "Clock",
            },
            Outlook::Counter(life) => Self {
                says: counter_says(history, life, token.token_type),
                chart: counter_chart(history, now),
                rows,
                column: "Presses without use",
            },
        }
    }
}

fn shown(observed: Observed, period: u64) -> String {
    match observed {
        Observed::Skipped(skipped) => skipped.to_string(),
        Observed::Steps(0) => "on time".to_owned(),
        Observed::Steps(steps) => {
            let seconds = u64::from(steps.unsigned_abs()) * period;
            format!("{seconds} s {}", if steps < 0 { "slow" } else { "fast" })
        }
    }
}

fn clock_says(
    history: &DriftHistory,
    line: Option<&Line>,
    forecast: Forecast,
    period: u64,
    now: UnixTime,
) -> Vec<String> {
    let mut says = Vec::new();
    if let Some(last) = history.samples.last() {
        let (shown, day) = (shown(last.observed, period), time_text::date(last.at));
        says.push(format!("At its last code that was kept, on {day}, its clock was {shown}."));
    }
    if let Some(line) = line {
        let seconds = line.per_day * f64::from(u32::try_from(period).unwrap_or(30));
        let way = if seconds < 0.0 { "loses" } else { "gains" };
        says.push(format!("It {way} {:.1} s a day.", seconds.abs()));
    }
    let on = |at: UnixTime| {
        if at <= now { "now".to_owned() } else { format!("about {}", time_text::date(at)) }
    };
    match forecast {
        Forecast::TooFew { samples, days } => says.push(format!(
            "Too few codes to tell where it goes: {samples} {} with a code over {days} {}, and it takes {ENOUGH_SAMPLES} over {ENOUGH_DAYS}.",
            plural(samples, "day"),
            plural(usize::try_from(days).unwrap_or(2), "day")
        )),
        Forecast::Steady => {
            says.push("At this pace its codes stay good for more than five years.".to_owned());
        }
        Forecast::Leaves { in_use, unused } => {
            if let Some(at) = in_use {
                says.push(format!(
                    "In use, it falls out of its window {}: resynchronise it by two codes before that.",
                    on(at)
                ));
            }
            if let Some(at) = unused {
                says.push(if at <= now {
                    "It was not used for so long that its next code may be refused: resynchronise it then.".to_owned()
                } else {
                    format!(
                        "Left unused, it falls out {}: only a code that is accepted teaches its drift.",
                        on(at)
                    )
                });
            }
        }
    }
    says
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn counter_says(history: &DriftHistory, life: &Life, token_type: TokenType) -> Vec<String> {
    let mut says = vec![format!(
        "{} presses were not used on the {} {} that are kept; up to ten in a row are met without resynchronising.",
        life.skipped,
        history.samples.len(),
        plural(history.samples.len(), "day")
    )];
    if token_type != TokenType::Hard {
        return says;
    }
    let left = CODES_OF_A_LIFE.saturating_sub(life.made);
    says.push(format!(
        "It has made {} of the about {CODES_OF_A_LIFE} codes of a hard token; {left} are left.",
        life.made
    ));
    says.push(match life.used_up {
        Some(at) => format!("At this pace they last until about {}.", time_text::date(at)),
        None if history.samples.len() < ENOUGH_SAMPLES => {
            "Too few codes to tell how long they last.".to_owned()
        }
        None => {
            "At this pace they last for more than five years, or there are too few codes to tell."
                .to_owned()
        }
    });
    says.push(format!(
        "A hard token lasts about five years: this one is known here until {} of them at the latest; what is printed on it counts.",
        time_text::date(life.old)
    ));
    says
}

/// From an instant and an offset to the drawing's units.
struct Scale {
    from: UnixTime,
    to: UnixTime,
    low: f64,
    high: f64,
}

impl Scale {
    fn x(&self, at: UnixTime) -> f64 {
        let part = seconds(at.since(self.from)) / seconds(self.to.since(self.from).max(1));
        MARGIN + part * (WIDTH - 2.0 * MARGIN)
    }

    fn y(&self, value: f64) -> f64 {
        let part = (self.high - value) / (self.high - self.low);
        MARGIN + part * (HEIGHT - 2.0 * MARGIN)
    }
}

fn seconds(seconds: u64) -> f64 {
    core::time::Duration::from_secs(seconds).as_secs_f64()
}

fn units(value: f64) -> String {
    format!("{value:.1}")
}

fn clock_chart(
    history: &DriftHistory,
    line: Option<&Line>,
    forecast: Forecast,
    drift: Drift,
    now: UnixTime,
) -> Option<Chart> {
    let (first, last) = (history.samples.first()?, history.samples.last()?);
    // As far ahead as there is behind, where the day that is foretold lies that near.
    let span = now.since(first.at);
    let to = match forecast {
        Forecast::Leaves { in_use: Some(at), .. } => at.max(now).min(now.plus(span)),
        _ => now.max(last.at),
    };
    let steps = history.samples.iter().filter_map(|sample| match sample.observed {
        Observed::Steps(steps) => Some(steps),
        Observed::Skipped(_) => None,
    });
    let (resynchronised, _) = drift.parts();
    let reach = Drift::MAX_LEARNT + 1;
    let (above, below) = (resynchronised + reach, resynchronised - reach);
    let high = steps.clone().chain([above]).max()? + 1;
    let low = steps.chain([below]).min()? - 1;
    let scale = Scale { from: first.at, to, low: low.into(), high: high.into() };
    let dots = history.samples.iter().filter_map(|sample| match sample.observed {
        Observed::Steps(steps) => Some((units(scale.x(sample.at)), units(scale.y(steps.into())))),
        Observed::Skipped(_) => None,
    });
    let line = line.map(|line| {
        let clamped = |at| scale.y(line.at(at).clamp(scale.low, scale.high));
        let from = line.from.max(first.at);
        [scale.x(from), clamped(from), scale.x(to), clamped(to)].map(units)
    });
    let label = |steps: i32| match steps {
        0 => "on time".to_owned(),
        1.. => format!("{steps} steps fast"),
        _ => format!("{} steps slow", steps.unsigned_abs()),
    };
    Some(Chart {
        caption: format!(
            "How far its clock was off on {} {}, and the window from {} to {} that codes may teach.",
            history.samples.len(),
            plural(history.samples.len(), "day"),
            label(below),
            label(above)
        ),
        top: label(high),
        bottom: label(low),
        left: time_text::date(first.at),
        right: time_text::date(to),
        bounds: Some((units(scale.y(above.into())), units(scale.y(below.into())))),
        zero: (low..=high).contains(&0).then(|| units(scale.y(0.0))),
        today: units(scale.x(now)),
        line,
        dots: dots.collect(),
        bars: Vec::new(),
    })
}

fn counter_chart(history: &DriftHistory, now: UnixTime) -> Option<Chart> {
    let first = history.samples.first()?;
    let skipped = |observed| match observed {
        Observed::Skipped(skipped) => u32::try_from(skipped).unwrap_or(u32::MAX),
        Observed::Steps(_) => 0,
    };
    let most = history.samples.iter().map(|sample| skipped(sample.observed)).max()?.max(10);
    let scale = Scale { from: first.at, to: now, low: 0.0, high: most.into() };
    let floor = scale.y(0.0);
    let bar = |(at, skipped): (UnixTime, u32)| {
        let top = scale.y(skipped.into());
        (units(scale.x(at) - 2.0), units(top), units(floor - top))
    };
    let bars = history.samples.iter().map(|sample| (sample.at, skipped(sample.observed)));
    Some(Chart {
        caption: format!(
            "Presses without use on {} {} with a code.",
            history.samples.len(),
            plural(history.samples.len(), "day")
        ),
        top: format!("{most} presses"),
        bottom: "none".to_owned(),
        left: time_text::date(first.at),
        right: time_text::date(now),
        bounds: None,
        zero: Some(units(floor)),
        today: units(scale.x(now)),
        line: None,
        dots: Vec::new(),
        bars: bars.filter(|(_, skipped)| *skipped > 0).map(bar).collect(),
    })
}

#[cfg(test)]
mod tests {
    use oath::{Hotp, Manufacturer, Totp};
    use registry::{
        DriftSample, Otp,
        rules::drift::{forecast, life, line},
    };

    use super::*;

    const DAY: u64 = 86_400;
    const START: UnixTime = UnixTime(20_000 * DAY);

    fn fob(otp: Otp) -> Token {
        let (serial, name) = ("FT1234567890".parse().unwrap(), "Fob".parse().unwrap());
        Token::provisioned(serial, Manufacturer::Other, TokenType::Hard, name, otp, START)
    }

    fn text(otp: Otp, observed: &[(u64, Observed)], now: UnixTime) -> DriftText {
        let token = fob(otp);
        let samples: Vec<_> = observed
            .iter()
            .map(|(day, observed)| DriftSample {
                serial: token.serial.clone(),
                at: START.plus(day * DAY),
                observed: *observed,
                accepted: 100 + day,
            })
            .collect();
        let outlook = if otp.is_event_based() {
            Outlook::Counter(life(&samples, &token, now))
        } else {
            let forecast = forecast(&samples, token.drift, now);
            Outlook::Clock { line: line(&samples), forecast }
        };
        DriftText::new(&DriftHistory { samples, outlook }, &token, now)
    }

    #[test]
    fn a_drifting_clock_is_told_drawn_and_foretold() {
        let observed: Vec<_> =
            (0..6).map(|ten| (ten * 10, Observed::Steps(-i32::try_from(ten).unwrap()))).collect();
        let text = text(Otp::Totp(Totp::default()), &observed, START.plus(50 * DAY));
        let says = text.says.join(" ");
        let leaves = time_text::date(START.plus(110 * DAY));
        for words in ["its clock was 150 s slow", "It loses 3.0 s a day", &leaves] {
            assert!(says.contains(words), "{words}: {says}");
        }
        let at = time_text::date(START.plus(100 * DAY));
        let chart = text.chart.unwrap();
        assert_eq!((chart.dots.len(), chart.right), (6, at), "as far ahead as behind");
        assert_eq!((chart.top.as_str(), chart.bottom.as_str()), ("12 steps fast", "12 steps slow"));
        assert_eq!(text.rows[0].1, "150 s slow");
        assert_eq!(text.rows[5].1, "on time");
    }

    #[test]
    fn what_cannot_be_told_says_so() {
        let now = START.plus(DAY);
        let one = text(Otp::Totp(Totp::default()), &[(0, Observed::Steps(0))], now);
        assert!(one.says.join(" ").contains("1 day with a code over 0 days"), "{:?}", one.says);
        let none = text(Otp::Totp(Totp::default()), &[], now);
        assert!(none.chart.is_none() && none.says.join(" ").contains("Too few codes"));
    }

    #[test]
    fn a_button_has_bars_and_a_life() {
        let observed = [(0, Observed::Skipped(0)), (1, Observed::Skipped(4))];
        let text = text(Otp::Hotp(Hotp::default()), &observed, START.plus(2 * DAY));
        assert_eq!(text.chart.unwrap().bars.len(), 1);
        let says = text.says.join(" ");
        assert!(says.contains("of the about 15000 codes") && says.contains("Too few"), "{says}");
    }
}
