//! What a reading does, and the limits it keeps.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// What to do with a file that ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truncation {
    /// Refuse it.
    Refuse,
    /// Take it with a warning where the cut is in the pixel data.
    PixelData,
    /// Take it with a warning wherever the cut is; the incomplete element is left out.
    Anywhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Never,
    Pixels,
    Tag(Tag),
}

impl Stop {
    pub(super) fn is_before(self, tag: Tag) -> bool {
        match self {
            Self::Never => false,
            Self::Pixels => is_pixel_data(tag),
            Self::Tag(stop) => tag >= stop,
        }
    }
}

/// Whether a tag is one of the three pixel data elements.
pub(crate) const fn is_pixel_data(tag: Tag) -> bool {
    matches!(tag, tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA)
}

/// How to read: what to stop at, what to tolerate, and how much to take.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    pub(super) stop: Stop,
    pub(super) truncation: Truncation,
    pub(super) max_depth: usize,
    pub(super) max_elements: usize,
    pub(super) max_inflated: usize,
    pub(super) max_warnings: usize,
}

impl ReadOptions {
    /// Reads the whole file, tolerates defects of form, refuses what is cut.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            stop: Stop::Never,
            truncation: Truncation::Refuse,
            max_depth: 64,
            max_elements: 4_000_000,
            max_inflated: 512 << 20,
            max_warnings: 100,
        }
    }

    /// Stops before the pixel data of the root data set; [`File::pixels`](super::File::pixels) still tells where it is.
    #[must_use]
    pub const fn stop_before_pixels(mut self) -> Self {
        self.stop = Stop::Pixels;
        self
    }

    /// Stops before the first element of the root data set that has this tag or a higher one.
    #[must_use]
    pub const fn stop_before(mut self, tag: Tag) -> Self {
        self.stop = Stop::Tag(tag);
        self
    }

    /// What to do with a file that ends too early; [`Truncation::Refuse`] unless told.
    #[must_use]
    pub const fn truncation(mut self, truncation: Truncation) -> Self {
        self.truncation = truncation;
        self
    }

    /// How deep sequences may be nested: 64 unless told, 256 at most.
    #[must_use]
    pub const fn max_depth(mut self, depth: usize) -> Self {
        self.max_depth = if depth > 256 { 256 } else { depth };
        self
    }

    /// How many elements, items and fragments there may be in all: 4,000,000 unless told. One takes 32 bytes of memory.
    #[must_use]
    pub const fn max_elements(mut self, elements: usize) -> Self {
        self.max_elements = elements;
        self
    }

    /// How many bytes a deflated data set may inflate to: 512 MiB unless told. Memory is taken as they come.
    #[must_use]
    pub const fn max_inflated(mut self, bytes: usize) -> Self {
        self.max_inflated = bytes;
        self
    }

    /// How many warnings are kept: 100 unless told. More are only counted.
    #[must_use]
    pub const fn max_warnings(mut self, warnings: usize) -> Self {
        self.max_warnings = warnings;
        self
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self::new()
    }
}
