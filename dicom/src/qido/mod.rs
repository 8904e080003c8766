//! Searching (QIDO-RS, PS3.18 8.3.4 and 10.6): what a query asks, whether a data set matches it, what of a data set is
//! indexed, and what is answered.
//!
//! A service parses the query string to a [`Query`], lowers its [`Filter`]s to whatever its store can look up among the
//! [`IndexValue`]s that [`index`] gave at storing time, lets [`Query::matches`] decide where the store cannot, and writes
//! each answer with [`Selection::write_answer`]. The matcher is the truth that every store is tested against.

mod answer;
mod attributes;
mod fold;
mod index;
mod key;
mod matcher;
mod parse;

pub use answer::{Computed, Selection};
pub use attributes::{CustomAttribute, Level, default_attributes, filter_attributes, is_indexed, level_of};
pub use fold::{fold_name, fold_text, words};
pub use index::{IndexValue, index, values};
pub use key::{Key, NamePattern, Pattern};

use crate::error::Result;
use crate::path::AttributePath;
use crate::uid;
use dicom_core::VR;

/// What is searched: one of the six resources of PS3.18 table 10.6.1-1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `/studies`
    Studies,
    /// `/series`
    Series,
    /// `/instances`
    Instances,
    /// `/studies/{study}/series`
    StudySeries {
        /// Study Instance UID.
        study: String,
    },
    /// `/studies/{study}/instances`
    StudyInstances {
        /// Study Instance UID.
        study: String,
    },
    /// `/studies/{study}/series/{series}/instances`
    SeriesInstances {
        /// Study Instance UID.
        study: String,
        /// Series Instance UID.
        series: String,
    },
}

impl Resource {
    /// What an answer describes.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::Studies => Level::Study,
            Self::Series | Self::StudySeries { .. } => Level::Series,
            Self::Instances | Self::StudyInstances { .. } | Self::SeriesInstances { .. } => Level::Instance,
        }
    }

    /// The study of the URL, where it has one.
    #[must_use]
    pub fn study(&self) -> Option<&str> {
        match self {
            Self::StudySeries { study }
            | Self::StudyInstances { study }
            | Self::SeriesInstances { study, .. } => Some(study),
            Self::Studies | Self::Series | Self::Instances => None,
        }
    }

    /// The series of the URL, where it has one.
    #[must_use]
    pub fn series(&self) -> Option<&str> {
        match self {
            Self::SeriesInstances { series, .. } => Some(series),
            _ => None,
        }
    }

    /// Holds the UIDs of the URL against their syntax.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidUid`](crate::ErrorKind::InvalidUid).
    pub fn check(&self) -> Result<()> {
        for uid in [self.study(), self.series()].into_iter().flatten() {
            uid::check(uid)?;
        }
        Ok(())
    }
}

/// A search, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What is searched.
    pub resource: Resource,
    /// What must match; all of them.
    pub filters: Vec<Filter>,
    /// What is answered beside the default attributes.
    pub fields: Fields,
    /// At most so many answers.
    pub limit: u32,
    /// The limit was lowered to what the rules allow.
    pub limit_lowered: bool,
    /// So many answers are left out at the start.
    pub offset: u64,
    /// In which order; the newest first where it is empty.
    pub order: Vec<Order>,
    /// The version of the API, for the default attributes.
    pub api: crate::rules::ApiVersion,
}

/// One matching attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The attribute.
    pub path: AttributePath,
    /// Its value representation.
    pub vr: VR,
    /// The level that it belongs to.
    pub level: Level,
    /// What matches: one of these must.
    pub keys: Vec<Key>,
}

/// What is answered beside the default attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// `includefield=all`.
    pub all: bool,
    /// The attributes named by `includefield`.
    pub paths: Vec<AttributePath>,
}

/// One criterion of the order of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The attribute.
    pub path: AttributePath,
    /// Its value representation.
    pub vr: VR,
    /// From the highest value to the lowest.
    pub descending: bool,
}
