//! Instants as people and programs read them, always UTC.

use oath::UnixTime;

const DAY: u64 = 24 * 60 * 60;

/// `2025-11-20 06:47 UTC`, for a page or a table.
pub(crate) fn to_the_minute(at: UnixTime) -> String {
    let (date, seconds) = split(at);
    format!("{date} {:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60)
}

/// `just now`, `12 minutes ago`, and from an hour on as [`to_the_minute`]: an instant that has passed.
pub(crate) fn ago(at: UnixTime, now: UnixTime) -> String {
    match now.since(at) {
        0..=59 => "just now".to_owned(),
        60..=119 => "a minute ago".to_owned(),
        seconds @ 120..=3_599 => format!("{} minutes ago", seconds / 60),
        _ => to_the_minute(at),
    }
}

/// `2025-11-20`.
pub(crate) fn date(at: UnixTime) -> String {
    split(at).0
}

/// `Thursday 2025-11-20`.
pub(crate) fn weekday_and_date(at: UnixTime) -> String {
    const NAMES: [&str; 7] =
        ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    let name = NAMES.into_iter().cycle().nth((at.0 / DAY % 7) as usize).unwrap_or_default();
    format!("{name} {}", date(at))
}

/// `06:47`, of an instant's day.
pub(crate) fn minute_of_day(at: UnixTime) -> String {
    let (_, seconds) = split(at);
    format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
}

/// The instant of a day written as `2027-03-04` and a time as `14:05`, or with seconds as `14:05:10`, UTC.
pub(crate) fn instant(date: &str, time: &str) -> Result<UnixTime, &'static str> {
    const EXPECTED: &str = "a time of day is written as 14:05, from 00:00 to 23:59";
    let (hour, rest) = time.split_once(':').ok_or(EXPECTED)?;
    let (minute, second) = rest.split_once(':').unwrap_or((rest, "0"));
    let number = |text: &str, most: u64| {
        let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u64>().ok().filter(|number| is_number && *number < most).ok_or(EXPECTED)
    };
    let seconds = number(hour, 24)? * 3600 + number(minute, 60)? * 60 + number(second, 60)?;
    day(date).map(|day| day.plus(seconds))
}

/// `2025-11-20 06:47:31 UTC`, where the second matters.
pub(crate) fn to_the_second(at: UnixTime) -> String {
    let (date, seconds) = split(at);
    format!("{date} {:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `15 minutes`, `4 hours`, `3 days`: a span in a person's words, never too short.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..=60 => "a minute".to_owned(),
        61..=7_199 => format!("{} minutes", seconds.div_ceil(60)),
        7_200..=172_799 => format!("{} hours", seconds.div_ceil(3_600)),
        _ => format!("{} days", seconds.div_ceil(DAY)),
    }
}

/// What is left of a span in a person's words, never too long.
pub(crate) fn left(seconds: u64) -> String {
    match seconds {
        0..=119 => "a minute".to_owned(),
        120..=7_199 => format!("{} minutes", seconds / 60),
        7_200..=172_799 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / DAY),
    }
}

/// `2025-11-20T06:47:31Z` (RFC 3339), for a program.
pub(crate) fn rfc3339(at: UnixTime) -> String {
    let (date, seconds) = split(at);
    format!("{date}T{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The first instant of a day written as `2027-03-04`, UTC.
pub(crate) fn day(text: &str) -> Result<UnixTime, &'static str> {
    const EXPECTED: &str = "a day is written as 2027-03-04, from 1970 to 2199";
    let mut parts = text.split('-').map(|part| part.parse::<u64>().map_err(|_| EXPECTED));
    let mut next = || parts.next().unwrap_or(Err(EXPECTED));
    let (year, month, of_month) = (next()?, next()?, next()?);
    if parts.next().is_some() || !(1970..2200).contains(&year) {
        return Err(EXPECTED);
    }
    // The calendar itself says which days there are.
    let first = (year - 1970) * 365;
    let found = (first..first + 430).find(|days| civil_date(*days) == (year, month, of_month));
    found.map(|days| UnixTime(days * DAY)).ok_or("there is no such day")
}

/// An instant written as `2027-03-04T14:05:10Z` (RFC 3339, UTC), or a day for its first.
pub(crate) fn day_or_instant(text: &str) -> Result<UnixTime, &'static str> {
    const EXPECTED: &str = "an instant is written as 2027-03-04T14:05:10Z, or a day as 2027-03-04";
    let Some((date, time)) = text.split_once('T') else { return day(text).map_err(|_| EXPECTED) };
    let time = time.strip_suffix('Z').ok_or(EXPECTED)?;
    // With its seconds.
    let time = Some(time).filter(|time| time.matches(':').count() == 2).ok_or(EXPECTED)?;
    instant(date, time).map_err(|_| EXPECTED)
}

fn split(at: UnixTime) -> (String, u64) {
    let (year, month, day) = civil_date(at.0 / DAY);
    (format!("{year:04}-{month:02}-{day:02}"), at.0 % DAY)
}

/// Year, month and day of a number of days since 1970-01-01, in the proleptic Gregorian calendar
/// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
fn civil_date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_the_calendar_has_them() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_763_621_251, "2025-11-20T06:47:31Z"),
        ] {
            assert_eq!(rfc3339(UnixTime(at)), text);
        }
        assert_eq!(to_the_minute(UnixTime(1_763_621_251)), "2025-11-20 06:47 UTC");
    }

    #[test]
    fn what_was_within_the_hour_is_told_from_now() {
        let now = UnixTime(1_763_621_251);
        for (seconds, text) in [
            (0, "just now"),
            (59, "just now"),
            (60, "a minute ago"),
            (120, "2 minutes ago"),
            (3_599, "59 minutes ago"),
            (3_600, "2025-11-20 05:47 UTC"),
        ] {
            assert_eq!(ago(UnixTime(now.0 - seconds), now), text, "{seconds} s");
        }
        assert_eq!(ago(now.plus(5), now), "just now", "by another server's clock");
    }

    #[test]
    fn a_day_is_read_by_the_calendar() {
        for at in [0, 951_782_400, 1_709_164_800, 4_107_542_400, 7_258_032_000] {
            let text = rfc3339(UnixTime(at));
            assert_eq!(day(&text[..10]), Ok(UnixTime(at)), "{text}");
        }
        for text in ["", "2027", "2027-02-29", "2027-13-01", "1969-12-31", "2027-01-01-01", "x-1-1"]
        {
            assert!(day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_and_a_time_are_an_instant() {
        let at = UnixTime(1_763_621_220);
        assert_eq!((date(at).as_str(), minute_of_day(at).as_str()), ("2025-11-20", "06:47"));
        assert_eq!(weekday_and_date(at), "Thursday 2025-11-20");
        assert_eq!(weekday_and_date(at.plus(3 * DAY)), "Sunday 2025-11-23");
        for time in ["06:47", "6:47", "06:47:00"] {
            assert_eq!(instant("2025-11-20", time), Ok(at), "{time}");
        }
        assert_eq!(instant("2025-11-20", "06:47:31"), Ok(at.plus(31)));
        for time in
            ["24:00", "6", "06:47:60", "06:47:00:00", "06:47:x", "06:47:", "+6:47", "006:47"]
        {
            assert!(instant("2025-11-20", time).is_err(), "{time}");
        }
        assert!(instant("", "06:47").is_err());
    }

    #[test]
    fn an_instant_is_read_as_it_is_written() {
        let at = UnixTime(1_763_621_251);
        assert_eq!(day_or_instant(&rfc3339(at)), Ok(at));
        assert_eq!(day_or_instant("2025-11-20"), day("2025-11-20"));
        for text in [
            "",
            "2025-11-20T06:47:31",
            "2025-11-20T06:47Z",
            "2025-11-20T06:47:60Z",
            "TZ",
            "2025-11-20T06:47:10:31Z",
        ] {
            assert!(day_or_instant(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        for (seconds, text) in [
            (0, "a minute"),
            (61, "2 minutes"),
            (900, "15 minutes"),
            (7_200, "2 hours"),
            (15 * 60 * 256, "3 days"),
            (172_801, "3 days"),
        ] {
            assert_eq!(span(seconds), text);
        }
        for (seconds, text) in [(119, "a minute"), (899, "14 minutes"), (7_200, "2 hours")] {
            assert_eq!(left(seconds), text);
        }
        assert_eq!(left(3 * DAY + 12 * 3_600), "3 days");
    }
}
