//! A row of the table, and the two ways to time: a loop over one thing, and two things in turn.

use std::fmt;
use std::time::{Duration, Instant};

/// One measured figure.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    ratio: Option<(f64, String)>,
    bound: Option<(Bound, f64)>,
}

/// What the design answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// The ratio to the peer, or the value where there is no peer, is at least this.
    AtLeast,
    /// It is at most this.
    AtMost,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, ratio: None, bound: None }
    }

    /// Adds the ratio to a peer measured in the same run.
    pub(crate) fn ratio(mut self, ratio: f64, peer: impl Into<String>) -> Self {
        self.ratio = Some((ratio, peer.into()));
        self
    }

    pub(crate) fn at_least(mut self, bound: f64) -> Self {
        self.bound = Some((Bound::AtLeast, bound));
        self
    }

    pub(crate) fn at_most(mut self, bound: f64) -> Self {
        self.bound = Some((Bound::AtMost, bound));
        self
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.what, Figure(self.value), self.unit)?;
        if let Some((ratio, peer)) = &self.ratio {
            write!(f, ", {} x {peer}", Figure(*ratio))?;
        }
        if let Some((kind, bound)) = self.bound {
            let measured = self.ratio.as_ref().map_or(self.value, |(ratio, _)| *ratio);
            let (word, met) = match kind {
                Bound::AtLeast => ("at least", measured >= bound),
                Bound::AtMost => ("at most", measured <= bound),
            };
            write!(f, " ({word} {})", Figure(bound))?;
            if !met {
                f.write_str(" not met")?;
            }
        }
        Ok(())
    }
}

/// Three digits that count.
struct Figure(f64);

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.abs() {
            size if size >= 100.0 => write!(f, "{:.0}", self.0),
            size if size >= 10.0 => write!(f, "{:.1}", self.0),
            _ => write!(f, "{:.2}", self.0),
        }
    }
}

/// Seconds that one call takes: the median of eleven rounds of about 80 ms each.
pub(crate) fn seconds(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    let once = start.elapsed().max(Duration::from_nanos(50));
    let times = (Duration::from_millis(80).as_secs_f64() / once.as_secs_f64()).clamp(1.0, 1e7);
    let mut rounds: Vec<f64> = (0..11)
        .map(|_| {
            let start = Instant::now();
            let mut done = 0.0;
            while done < times {
                work();
                done += 1.0;
            }
            start.elapsed().as_secs_f64() / done
        })
        .collect();
    median(&mut rounds)
}

/// Seconds that each of two things takes, measured in turn so that a machine that slows down slows both, and the median of the ratios
/// second to first: how many times as fast the first is.
pub(crate) fn against(mut ours: impl FnMut(), mut peer: impl FnMut()) -> (f64, f64, f64) {
    ours();
    peer();
    let (mut first, mut second, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..9 {
        let (a, b) = (round(&mut ours), round(&mut peer));
        first.push(a);
        second.push(b);
        ratios.push(b / a);
    }
    (median(&mut first), median(&mut second), median(&mut ratios))
}

fn round(work: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut done = 0.0;
    while start.elapsed() < Duration::from_millis(60) {
        work();
        done += 1.0;
    }
    start.elapsed().as_secs_f64() / done
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
