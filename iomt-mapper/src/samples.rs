//! SampledData: a series of samples as text, one slot for each period (spec: value processors).
//!
//! `E` stands for a slot without a sample. Samples are put into slots by their time, the last one in a slot
//! counts, and merging puts the old series under the new samples: in place, since a day at one sample a
//! second is a text of a quarter of a million bytes.

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

    /// The text of a new series.
    pub(crate) fn text(&self, samples: &[(Timestamp, &str)]) -> Result<String, Error> {
        let mut patch = Patch::new("");
        self.put(&mut patch, samples)?;
        Ok(patch.finish(self.count))
    }

    /// The text of an existing series, which starts at `start`, with new samples in the order of time.
    pub(crate) fn merged(
        &self,
        existing: &str,
        start: Timestamp,
        samples: &[(Timestamp, &str)],
    ) -> Result<String, Error> {
        if start == self.start {
            let mut patch = Patch::new(existing);
            self.put(&mut patch, samples)?;
            return Ok(patch.finish(self.count));
        }
        // The start moved: each old sample goes where its time is now.
        let moved: Vec<(Timestamp, &str)> = existing
            .split(' ')
            .enumerate()
            .filter(|(_, sample)| *sample != EMPTY && !existing.is_empty())
            .filter_map(|(at, sample)| {
                let at = i64::try_from(at).ok()?;
                Some((start.plus(at.checked_mul(self.period)?)?, sample))
            })
            .collect();
        let mut patch = Patch::new("");
        self.put(&mut patch, &moved)?;
        let moved = patch.finish(self.count);
        let mut patch = Patch::new(&moved);
        self.put(&mut patch, samples)?;
        Ok(patch.finish(self.count))
    }

    /// Puts samples into their slots; those of other times are left out.
    fn put(&self, patch: &mut Patch<'_>, samples: &[(Timestamp, &str)]) -> Result<(), Error> {
        let slot = |time: Timestamp| {
            let at = (time.ticks() - self.start.ticks()).div_euclid(self.period);
            usize::try_from(at).ok().filter(|at| *at < self.count)
        };
        let mut samples = samples.iter().peekable();
        while let Some((time, sample)) = samples.next() {
            if sample.contains(char::is_whitespace) {
                let detail = "a sample with white space in it would shift those behind it";
                return Err(Error::new(ErrorKind::InvalidSamples, detail));
            }
            let Some(at) = slot(*time) else { continue };
            // The last sample of a slot counts.
            if samples.peek().is_none_or(|(next, _)| slot(*next) != Some(at)) {
                patch.set(at, sample);
            }
        }
        Ok(())
    }
}

/// A series that is copied slot by slot, with some slots replaced on the way.
struct Patch<'t> {
    old: &'t str,
    /// Bytes of `old` that are copied, up to the start of a slot.
    copied: usize,
    out: String,
    /// Slots that are written.
    slots: usize,
}

impl<'t> Patch<'t> {
    fn new(old: &'t str) -> Self {
        Self { old, copied: 0, out: String::with_capacity(old.len() + 64), slots: 0 }
    }

    /// Writes the old slots before `at`, then `sample`.
    fn set(&mut self, at: usize, sample: &str) {
        self.copy_to(at);
        self.separate();
        self.out.push_str(sample);
        self.slots += 1;
        // Over the old slot.
        self.copied = self.end_of(self.copied, 1);
    }

    /// The whole series with exactly `count` slots.
    fn finish(mut self, count: usize) -> String {
        self.copy_to(count);
        self.out
    }

    /// Writes slots until `at` are written: the old ones, and empty ones behind them.
    fn copy_to(&mut self, at: usize) {
        let missing = at.saturating_sub(self.slots);
        if missing == 0 {
            return;
        }
        if self.copied < self.old.len() {
            let end = self.end_of(self.copied, missing);
            let run = self.old.get(self.copied..end).unwrap_or_default();
            let run = run.strip_suffix(' ').unwrap_or(run);
            self.separate();
            self.out.push_str(run);
            self.slots += 1 + count_spaces(run.as_bytes());
            self.copied = end;
        }
        for _ in self.slots..at {
            self.separate();
            self.out.push_str(EMPTY);
            self.slots += 1;
        }
    }

    fn separate(&mut self) {
        if self.slots > 0 {
            self.out.push(' ');
        }
    }

    /// Where the slot starts that is `count` slots after the one at `from`; the end if there is none.
    fn end_of(&self, from: usize, count: usize) -> usize {
        const BLOCK: usize = 512;
        let bytes = self.old.as_bytes();
        let mut left = count;
        let mut at = from;
        // Whole blocks by their number of spaces, which the compiler turns into vector instructions.
        while let Some(block) = bytes.get(at..at + BLOCK) {
            let spaces = count_spaces(block);
            if spaces >= left {
                break;
            }
            left -= spaces;
            at += BLOCK;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let space = rest.iter().enumerate().filter(|(_, byte)| **byte == b' ').nth(left.saturating_sub(1));
        space.map_or(bytes.len(), |(space, _)| at + space + 1)
    }
}

fn count_spaces(bytes: &[u8]) -> usize {
    // In chunks that a byte can count.
    bytes
        .chunks(255)
        .map(|chunk| usize::from(chunk.iter().fold(0_u8, |count, byte| count + u8::from(*byte == b' '))))
        .sum()
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
        Slots::new(at(from), at(to), SECOND, 100_000).unwrap()
    }

    #[test]
    fn samples_fall_into_slots() {
        let samples =
            [(at(0), "a"), (at(2).plus(1).unwrap(), "b"), (at(2).plus(5).unwrap(), "c"), (at(9), "late")];
        assert_eq!(slots(0, 3).text(&samples).unwrap(), "a E c E");
        assert_eq!(slots(0, 0).text(&[]).unwrap(), "E");
        assert_eq!(slots(0, 1).text(&[(at(-1), "early")]).unwrap(), "E E");
        assert_eq!(slots(0, 2).text(&[(at(1), "")]).unwrap(), "E  E", "a blank value is a blank slot");
    }

    #[test]
    fn series_are_merged_and_moved() {
        for (window, old, start, samples, expected) in [
            ((0, 3), "1 E 3", 0, vec![(1, "2")], "1 2 3 E"),
            ((0, 2), "1 E 3", 0, vec![(2, "9")], "1 E 9"),
            ((0, 2), "1 E 3", 0, vec![(0, "8"), (1, "9")], "8 9 3"),
            ((0, 2), "1 E 3", 0, vec![], "1 E 3"),
            ((0, 1), "1 E 3", 0, vec![], "1 E"),
            ((0, 4), "1", 0, vec![(3, "x")], "1 E E x E"),
            ((-2, 2), "1 E 3", 0, vec![], "E E 1 E 3"),
            ((-2, 2), "1 E 3", 0, vec![(-1, "0"), (0, "2")], "E 0 2 E 3"),
            ((0, 2), "", 0, vec![], "E E E"),
            ((0, 2), "", 0, vec![(2, "1")], "E E 1"),
            ((-1, 1), "", 0, vec![], "E E E"),
            ((0, 3), "1  3 4", 0, vec![(3, "5")], "1  3 5"),
        ] {
            let samples: Vec<(Timestamp, &str)> =
                samples.iter().map(|(second, text)| (at(*second), *text)).collect();
            let text = slots(window.0, window.1).merged(old, at(start), &samples).unwrap();
            assert_eq!(text, expected, "{old} from {start} in {window:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_series_is_refused() {
        assert_eq!(Slots::new(at(0), at(1), 0, 100).unwrap_err().kind(), ErrorKind::InvalidSamples);
        assert_eq!(Slots::new(at(0), at(1000), SECOND, 100).unwrap_err().kind(), ErrorKind::InvalidSamples);
        assert_eq!(slots(0, 1).text(&[(at(0), "1 2")]).unwrap_err().kind(), ErrorKind::InvalidSamples);
    }

    /// The same by splitting the series into a list.
    fn plainly(old: &str, start: i64, window: (i64, i64), samples: &[(i64, String)]) -> String {
        let mut all = vec!["E".to_owned(); usize::try_from(window.1 - window.0 + 1).unwrap()];
        let mut put = |second: i64, text: &str| {
            if let Some(slot) = usize::try_from(second - window.0).ok().and_then(|at| all.get_mut(at)) {
                *slot = text.to_owned();
            }
        };
        if !old.is_empty() {
            for (second, text) in (start..).zip(old.split(' ')) {
                if text != "E" {
                    put(second, text);
                }
            }
        }
        samples.iter().for_each(|(second, text)| put(*second, text));
        all.join(" ")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn patching_is_splitting_and_joining(
            old in proptest::collection::vec("E|[0-9]{1,3}|[0-9]\\.[0-9]{2}", 0..1500),
            samples in proptest::collection::btree_map(-20i64..1600, "[0-9]{1,4}", 0..40),
            front in 0i64..30,
            end in 0i64..1600,
        ) {
            let old = old.join(" ");
            let samples: Vec<(i64, String)> = samples.into_iter().collect();
            let borrowed: Vec<(Timestamp, &str)> =
                samples.iter().map(|(second, text)| (at(*second), text.as_str())).collect();
            let text = slots(-front, end).merged(&old, at(0), &borrowed).unwrap();
            prop_assert_eq!(text, plainly(&old, 0, (-front, end), &samples));
        }

        #[test]
        fn spaces_are_counted(text in "[ a]{0,2000}") {
            prop_assert_eq!(count_spaces(text.as_bytes()), text.matches(' ').count());
        }
    }
}
