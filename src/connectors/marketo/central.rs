//! US Central time, by hand: Marketo's day ends at 00:00 in Chicago. Pure.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

const STANDARD: TimeDelta = TimeDelta::hours(-6);
const DAYLIGHT: TimeDelta = TimeDelta::hours(-5);

/// The `nth` (from 1) Sunday of a month.
fn sunday(year: i32, month: u32, nth: u8) -> Option<NaiveDate> {
    NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Sun, nth)
}

/// Chicago's distance from UTC at `moment`. Daylight time holds from the second Sunday of March to the
/// first Sunday of November, both at 02:00 on the wall: 08:00 and 07:00 UTC.
fn offset(moment: DateTime<Utc>) -> TimeDelta {
    let year = moment.year();
    let begins = sunday(year, 3, 2).and_then(|day| day.and_hms_opt(8, 0, 0));
    let ends = sunday(year, 11, 1).and_then(|day| day.and_hms_opt(7, 0, 0));
    match (begins, ends) {
        (Some(begins), Some(ends)) if (begins..ends).contains(&moment.naive_utc()) => DAYLIGHT,
        _ => STANDARD,
    }
}

/// The calendar day in Chicago at `moment`.
pub(super) fn today(moment: DateTime<Utc>) -> NaiveDate {
    (moment + offset(moment)).date_naive()
}

/// The midnight in Chicago that ends the day `moment` lies in.
pub(super) fn midnight_after(moment: DateTime<Utc>) -> DateTime<Utc> {
    let tomorrow = today(moment)
        .checked_add_days(Days::new(1))
        .unwrap_or(NaiveDate::MAX);
    let wall = tomorrow.and_time(NaiveTime::MIN);
    // Midnight is never skipped or doubled, as the clocks change at two: exactly one offset fits.
    let summer = (wall - DAYLIGHT).and_utc();
    if offset(summer) == DAYLIGHT {
        summer
    } else {
        (wall - STANDARD).and_utc()
    }
}

#[cfg(test)]
mod tests {
    use super::midnight_after;

    #[test]
    fn the_day_ends_at_midnight_in_chicago_on_both_sides_of_both_clock_changes() {
        let table = [
            ("2026-01-15T12:00:00Z", "2026-01-16T06:00:00Z"),
            ("2026-07-15T12:00:00Z", "2026-07-16T05:00:00Z"),
            ("2026-07-16T04:59:59Z", "2026-07-16T05:00:00Z"),
            ("2026-07-16T05:00:00Z", "2026-07-17T05:00:00Z"),
            // Forward on Sunday, 8 March 2026: that day has 23 hours.
            ("2026-03-08T05:59:59Z", "2026-03-08T06:00:00Z"),
            ("2026-03-08T06:00:00Z", "2026-03-09T05:00:00Z"),
            ("2026-03-08T08:00:00Z", "2026-03-09T05:00:00Z"),
            // Back on Sunday, 1 November 2026: that day has 25 hours.
            ("2026-11-01T04:59:59Z", "2026-11-01T05:00:00Z"),
            ("2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z"),
            ("2026-11-01T07:00:00Z", "2026-11-02T06:00:00Z"),
            ("2026-12-31T23:00:00Z", "2027-01-01T06:00:00Z"),
        ];
        for (now, expected) in table {
            let found = midnight_after(now.parse().unwrap());
            assert_eq!(
                found,
                expected.parse::<chrono::DateTime<chrono::Utc>>().unwrap(),
                "{now}"
            );
        }
    }
}
