//! What a host may choose.

/// Sizes of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Page cache of the writer, in bytes. Should hold the pages of the indexes that are written in random order; 64 MiB by default.
    pub writer_cache: usize,
    /// Page cache of one reading connection, in bytes; 8 MiB by default.
    pub reader_cache: usize,
    /// Reading connections kept open when nobody reads; 16 by default. More are opened when needed.
    pub readers_kept: usize,
    /// Bytes of bodies waiting for the writer before [`submit`](hygea_store::Store::submit) blocks; 64 MiB by default.
    pub queue: usize,
    /// Level of compression, 1 to 19; 3 by default.
    pub compression: i32,
    /// From how many rows a search counts a condition as large and looks for a way around reading all of them; 4,096 by default.
    /// Any value gives the same answers.
    pub large: u64,
    /// Largest size of the file in pages of 4 KiB, at least 16; none by default. Over it a commit is refused as
    /// [`Full`](hygea_store::ErrorKind::Full).
    pub most_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            writer_cache: 64 << 20,
            reader_cache: 8 << 20,
            readers_kept: 16,
            queue: 64 << 20,
            compression: 3,
            large: 4_096,
            most_pages: None,
        }
    }
}
