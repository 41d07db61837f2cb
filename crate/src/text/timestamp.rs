//! RFC 3339 times, as RapidPro writes and reads them.

pub(crate) const MINUTE_MS: i64 = 60_000;

pub(crate) const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// From the beginning of March of the year 0, where the reckoning below begins, to the Unix epoch.
const DAYS_BEFORE_EPOCH: i64 = 719_468;

const DAYS_IN_400_YEARS: i64 = 146_097;

/// The milliseconds since the Unix epoch at a time whose seconds may be missing, as RapidPro forks send it.
/// What lies before the epoch counts as its beginning.
pub fn parse(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let (clock, zone) = time.split_at_checked(time.find(['Z', 'z', '+', '-'])?)?;
    let [year, month, day] = *numbers(date, '-', &[(4, 0, 9999), (2, 1, 12), (2, 1, 31)])?.as_slice() else {
        return None;
    };
    let ms = days(year, month, day) * DAY_MS + clock_ms(clock)? - offset_ms(zone)?;
    Some(u64::try_from(ms).unwrap_or_default())
}

/// A time as text, in UTC.
pub fn text(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or_default();
    let (year, month, day) = date(ms.div_euclid(DAY_MS));
    let rest = ms.rem_euclid(DAY_MS);
    let (hour, minute, second) = (rest / 3_600_000, rest / MINUTE_MS % 60, rest / 1000 % 60);
    let parts = [(year, 4, '-'), (month, 2, '-'), (day, 2, 'T'), (hour, 2, ':'), (minute, 2, ':'), (second, 2, '.')];
    let mut text = String::new();
    for (number, width, mark) in parts.into_iter().chain([(rest % 1000, 3, 'Z')]) {
        text.push_str(&format!("{number:0width$}"));
        text.push(mark);
    }
    text
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fraction`.
fn clock_ms(clock: &str) -> Option<i64> {
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let bounds = [(2, 0, 23), (2, 0, 59), (2, 0, 60)];
    let (parts, ms) = match fraction {
        Some(fraction) => (numbers(clock, ':', &bounds)?, fraction_ms(fraction)?),
        None => (numbers(clock, ':', &bounds).or_else(|| numbers(clock, ':', bounds.get(..2)?))?, 0),
    };
    let mut units = parts.into_iter();
    let mut unit = || units.next().unwrap_or_default();
    Some(((unit() * 60 + unit()) * 60 + unit()) * 1000 + ms)
}

/// The digits behind the point.
fn fraction_ms(digits: &str) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{digits:0<3}").get(..3)?.parse().ok()
}

fn offset_ms(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let [hours, minutes] = *numbers(zone.get(1..)?, ':', &[(2, 0, 23), (2, 0, 59)])?.as_slice() else { return None };
    let ms = (hours * 60 + minutes) * MINUTE_MS;
    Some(if zone.starts_with('-') { -ms } else { ms })
}

/// Numbers of given widths within given bounds.
pub(crate) fn numbers(text: &str, separator: char, bounds: &[(usize, i64, i64)]) -> Option<Vec<i64>> {
    let parts: Vec<&str> = text.split(separator).collect();
    let number = |(part, (width, least, most)): (&&str, &(usize, i64, i64))| {
        let plain = part.len() == *width && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|number| plain && (least..=most).contains(&number))
    };
    if parts.len() == bounds.len() { parts.iter().zip(bounds).map(number).collect() } else { None }
}

/// The days from the Unix epoch to a date. Years are taken to begin in March, so that the leap day is the last.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - DAYS_BEFORE_EPOCH
}

/// Year, month and day of the date that many days after the Unix epoch.
pub(crate) fn date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_BEFORE_EPOCH;
    let day = days.rem_euclid(DAYS_IN_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = year + days.div_euclid(DAYS_IN_400_YEARS) * 400;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_seconds() {
        for (good, ms) in [
            ("2020-07-17T10:28-03:00", 1_594_992_480_000),
            ("2020-07-17T10:28:09-03:00", 1_594_992_489_000),
            ("2020-07-17T10:28:09.123456789Z", 1_594_981_689_123),
            ("2020-07-17T10:28:09.5Z", 1_594_981_689_500),
            ("2020-07-17T10:28Z", 1_594_981_680_000),
            ("2020-02-29t00:00z", 1_582_934_400_000),
            ("2000-03-01 00:00:00+05:30", 951_849_000_000),
            ("1969-12-31T23:59Z", 0),
            ("0000-01-01T00:00Z", 0),
        ] {
            assert_eq!(parse(good), Some(ms), "{good}");
        }
        for bad in [
            "",
            "yesterday",
            "2020-07-17",
            "2020-07-17T10:28",
            "2020-13-17T10:28Z",
            "2020-07-17T25:28Z",
            "2020-07-17T10:28.5Z",
            "2020-07-17T10:28:09.Z",
            "2020-07-17T10:28:09.5é1Z",
            "2020-07-17T10:28:09+3",
            "20-07-17T10:28Z",
            "2020-07-17T+0:28Z",
            "2020-07-17T10:28é",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(text(1_594_981_689_123), "2020-07-17T10:28:09.123Z");
        for ms in [0, 951_782_399_999, 951_782_400_000, 1_582_934_400_000, 1_709_164_800_001, 4_107_542_399_999] {
            assert_eq!(parse(&text(ms)), Some(ms), "{}", text(ms));
        }
    }
}
