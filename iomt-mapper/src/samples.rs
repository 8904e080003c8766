//! SampledData: a series of samples as text, one slot for each period (spec: value processors).
//!
//! `E` stands for a slot without a sample. Samples are put into slots by their time, the last one in a slot
//! counts, and merging puts the old series under the new samples.

use crate::error::{Error, ErrorKind};
use crate::time::Timestamp;

/// A slot without a sample.
const EMPTY: &str = "E";

/// The window and the period of a series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slots {
    start: Timestamp,
    period: i64,
    count: usize,
}

impl Slots {
    /// The slots from `start` to `end`, both included.
    pub(crate) fn new(start: Timestamp, end: Timestamp, period: i64, limit: usize) -> Result<Self, Error> {
        if period <= 0 {
            let detail = "SampledData needs a defaultPeriod of more than 0 milliseconds";
            return Err(Error::new(ErrorKind::InvalidSamples, detail));
        }
        let count = usize::try_from((end.ticks() - start.ticks()).max(0) / period).unwrap_or(usize::MAX);
        let count = count.saturating_add(1);
        if count > limit {
            let detail = format!("SampledData would have {count} samples, the limit is {limit}");
            return Err(Error::new(ErrorKind::InvalidSamples, detail));
        }
        Ok(Self { start, period, count })
    }

    /// The text of a series made of an existing one, if there is one with its start, and of new samples in
    /// the order of time.
    pub(crate) fn text(
        &self,
        existing: Option<(&str, Timestamp)>,
        samples: &[(Timestamp, &str)],
    ) -> Result<String, Error> {
        let mut slots = vec![EMPTY; self.count];
        if let Some((text, start)) = existing {
            let texts =
                text.split(' ').enumerate().filter(|(_, sample)| *sample != EMPTY && !text.is_empty());
            for (at, sample) in texts {
                let time = i64::try_from(at).ok().and_then(|at| start.plus(at.checked_mul(self.period)?));
                self.put(&mut slots, time, sample);
            }
        }
        for (time, sample) in samples {
            if sample.contains(char::is_whitespace) {
                let detail = "a sample with white space in it would shift those behind it";
                return Err(Error::new(ErrorKind::InvalidSamples, detail));
            }
            self.put(&mut slots, Some(*time), sample);
        }
        let bytes = slots.iter().map(|slot| slot.len() + 1).sum();
        let mut text = String::with_capacity(bytes);
        for (at, slot) in slots.into_iter().enumerate() {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(slot);
        }
        Ok(text)
    }

    fn put<'t>(&self, slots: &mut [&'t str], time: Option<Timestamp>, sample: &'t str) {
        let since = time.map(|time| (time.ticks() - self.start.ticks()).div_euclid(self.period));
        let slot = since.and_then(|at| usize::try_from(at).ok()).and_then(|at| slots.get_mut(at));
        if let Some(slot) = slot {
            *slot = sample;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 10_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_700_000_000 + seconds).unwrap()
    }

    fn slots(from: i64, to: i64) -> Slots {
        Slots::new(at(from), at(to), SECOND, 100).unwrap()
    }

    #[test]
    fn samples_fall_into_slots() {
        let samples =
            [(at(0), "a"), (at(2).plus(1).unwrap(), "b"), (at(2).plus(5).unwrap(), "c"), (at(9), "late")];
        assert_eq!(slots(0, 3).text(None, &samples).unwrap(), "a E c E");
        assert_eq!(slots(0, 0).text(None, &[]).unwrap(), "E");
        assert_eq!(slots(0, 1).text(None, &[(at(-1), "early")]).unwrap(), "E E");
    }

    #[test]
    fn series_are_merged_and_moved() {
        let old = "1 E 3";
        assert_eq!(slots(0, 3).text(Some((old, at(0))), &[(at(1), "2")]).unwrap(), "1 2 3 E");
        assert_eq!(slots(0, 2).text(Some((old, at(0))), &[(at(2), "9")]).unwrap(), "1 E 9");
        assert_eq!(slots(-2, 2).text(Some((old, at(0))), &[]).unwrap(), "E E 1 E 3");
        assert_eq!(slots(0, 2).text(Some(("", at(0))), &[]).unwrap(), "E E E");
    }

    #[test]
    fn what_cannot_be_a_series_is_refused() {
        assert_eq!(Slots::new(at(0), at(1), 0, 100).unwrap_err().kind(), ErrorKind::InvalidSamples);
        assert_eq!(Slots::new(at(0), at(1000), SECOND, 100).unwrap_err().kind(), ErrorKind::InvalidSamples);
        assert_eq!(slots(0, 1).text(None, &[(at(0), "1 2")]).unwrap_err().kind(), ErrorKind::InvalidSamples);
    }

    proptest! {
        #[test]
        fn merging_in_any_order_of_disjoint_slots_gives_one_series(
            values in proptest::collection::btree_map(0i64..40, 0u32..100, 1..20),
            split in any::<u64>(),
        ) {
            let slots = slots(0, 39);
            let texts: Vec<(Timestamp, String)> =
                values.iter().map(|(second, value)| (at(*second), value.to_string())).collect();
            let all: Vec<(Timestamp, &str)> = texts.iter().map(|(time, text)| (*time, text.as_str())).collect();
            let (left, right): (Vec<_>, Vec<_>) =
                all.iter().enumerate().partition(|(index, _)| split >> index & 1 == 0);
            let strip = |part: Vec<(usize, &(Timestamp, &'_ str))>| {
                part.into_iter().map(|(_, sample)| (sample.0, sample.1.to_owned())).collect::<Vec<_>>()
            };
            let (left, right) = (strip(left), strip(right));
            let borrow = |part: &'_ [(Timestamp, String)]| {
                part.iter().map(|(time, text)| (*time, text.clone())).collect::<Vec<_>>()
            };
            let merged = |first: &[(Timestamp, String)], second: &[(Timestamp, String)]| {
                let first = borrow(first);
                let second = borrow(second);
                let first: Vec<(Timestamp, &str)> = first.iter().map(|(time, text)| (*time, text.as_str())).collect();
                let second: Vec<(Timestamp, &str)> =
                    second.iter().map(|(time, text)| (*time, text.as_str())).collect();
                let text = slots.text(None, &first).unwrap();
                slots.text(Some((&text, at(0))), &second).unwrap()
            };
            let whole = slots.text(None, &all).unwrap();
            prop_assert_eq!(&merged(&left, &right), &whole);
            prop_assert_eq!(&merged(&right, &left), &whole);
            prop_assert_eq!(&slots.text(Some((&whole, at(0))), &[]).unwrap(), &whole);
        }
    }
}
