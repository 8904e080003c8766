//! Bodies as they are stored: a zstd frame with a dictionary of their kind, and a checksum of what was put.
//!
//! A frame's four magic bytes are the same in all and are left out. SQLite does not check its pages, so the CRC-32 of the body is
//! stored behind the frame: a body that comes back is the body that was put, or the read fails. Dictionaries are data: each has a
//! number, stays in the file as long as the file lives, and every row says which one it was written with.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use hygea_store::{Error, ErrorKind, Result, limits};
use zstd::zstd_safe::{CCtx, CDict, DCtx, DDict, get_frame_content_size};

use crate::failure::corrupt;

/// The codec of a body written without a dictionary; a dictionary's number is its codec.
pub(crate) const PLAIN: i64 = 0;

const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
const CHECKSUM: usize = 4;

thread_local! {
    static COMPRESSION: RefCell<CCtx<'static>> = RefCell::new(CCtx::create());
    static DECOMPRESSION: RefCell<Decompression> = RefCell::new(Decompression { context: DCtx::create(), frame: Vec::new() });
}

struct Decompression {
    context: DCtx<'static>,
    frame: Vec<u8>,
}

/// A dictionary ready for use.
pub(crate) struct Dictionary {
    pub(crate) number: i64,
    compression: CDict<'static>,
    decompression: DDict<'static>,
}

impl Dictionary {
    pub(crate) fn new(number: i64, content: &[u8], level: i32) -> Result<Arc<Self>> {
        let broken = || corrupt("a compression dictionary cannot be read");
        let compression = CDict::try_create(content, level).ok_or_else(broken)?;
        let decompression = DDict::try_create(content).ok_or_else(broken)?;
        Ok(Arc::new(Self { number, compression, decompression }))
    }
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dictionary({})", self.number)
    }
}

/// Learns a dictionary of at most `size` bytes from samples; none where they have too little in common.
pub(crate) fn learn(samples: &[u8], sizes: &[usize], size: usize) -> Option<Vec<u8>> {
    let mut content = zstd::dict::from_continuous(samples, sizes, size).ok()?;
    // The dictionary's own number is written into every frame unless it is 0. Rows know their dictionary.
    content.get_mut(4..8)?.fill(0);
    Some(content)
}

/// A body as it is stored.
pub(crate) fn compress(body: &[u8], dictionary: Option<&Dictionary>, level: i32) -> Result<Vec<u8>> {
    let refused = |code| {
        let reason = zstd::zstd_safe::get_error_name(code);
        Error::new(ErrorKind::TooLarge, format!("a body cannot be compressed: {reason}"))
    };
    COMPRESSION.with_borrow_mut(|context| {
        let mut stored =
            Vec::with_capacity(zstd::zstd_safe::compress_bound(body.len()).saturating_add(CHECKSUM));
        match dictionary {
            Some(dictionary) => context.compress_using_cdict(&mut stored, body, &dictionary.compression),
            None => context.compress(&mut stored, body, level),
        }
        .map_err(refused)?;
        if !stored.starts_with(&MAGIC) {
            return Err(Error::new(ErrorKind::TooLarge, "a body cannot be compressed: no frame"));
        }
        stored.drain(..MAGIC.len());
        stored.extend(crc32fast::hash(body).to_le_bytes());
        stored.shrink_to_fit();
        Ok(stored)
    })
}

/// The body of what is stored.
pub(crate) fn decompress(stored: &[u8], dictionary: Option<&Dictionary>) -> Result<Vec<u8>> {
    let broken = || corrupt("a stored body cannot be decompressed");
    let (frame, checksum) = stored.split_last_chunk::<CHECKSUM>().ok_or_else(broken)?;
    let body = DECOMPRESSION.with_borrow_mut(|Decompression { context, frame: whole }| {
        whole.clear();
        whole.extend(MAGIC);
        whole.extend(frame);
        let size = get_frame_content_size(whole).ok().flatten().and_then(|size| usize::try_from(size).ok());
        let size = size.filter(|size| *size <= limits::BODY).ok_or_else(broken)?;
        let mut body = Vec::with_capacity(size);
        match dictionary {
            Some(dictionary) => context.decompress_using_ddict(&mut body, whole, &dictionary.decompression),
            None => context.decompress(&mut body, whole),
        }
        .map_err(|_| broken())?;
        Ok::<_, Error>(body)
    })?;
    if crc32fast::hash(&body).to_le_bytes() != *checksum {
        return Err(corrupt("a stored body does not have its checksum"));
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bodies() -> Vec<Vec<u8>> {
        let body = |i: u32| {
            let value = i.wrapping_mul(2_654_435_761) % 2_000;
            format!(
                r#"{{"resourceType":"Observation","id":"o{i}","status":"final","valueQuantity":{{"value":{value}}}}}"#
            )
        };
        (0..500).map(|i| body(i).into_bytes()).collect()
    }

    fn dictionary() -> Arc<Dictionary> {
        static LEARNT: std::sync::OnceLock<Arc<Dictionary>> = std::sync::OnceLock::new();
        Arc::clone(LEARNT.get_or_init(|| {
            let sizes: Vec<usize> = bodies().iter().map(Vec::len).collect();
            Dictionary::new(1, &learn(&bodies().concat(), &sizes, 16 << 10).unwrap(), 3).unwrap()
        }))
    }

    #[test]
    fn a_dictionary_makes_small_bodies_smaller() {
        let dictionary = dictionary();
        let body = &bodies()[7];
        let (with, without) =
            (compress(body, Some(&dictionary), 3).unwrap(), compress(body, None, 3).unwrap());
        assert!(with.len() * 2 < without.len(), "{} {}", with.len(), without.len());
        assert_eq!(&decompress(&with, Some(&dictionary)).unwrap(), body);
        assert_eq!(&decompress(&without, None).unwrap(), body);
        assert_eq!(decompress(&with, None).map_err(|error| error.kind()), Err(ErrorKind::Corrupt));
        assert_eq!(decompress(&compress(b"", None, 3).unwrap(), None).unwrap(), b"");
    }

    proptest! {
        #[test]
        fn damage_is_noticed(body in proptest::collection::vec(any::<u8>(), 0..300), at in any::<proptest::sample::Index>(), bit in 0u8..8) {
            let dictionary = dictionary();
            for dictionary in [None, Some(&*dictionary)] {
                let mut stored = compress(&body, dictionary, 3).unwrap();
                prop_assert_eq!(&decompress(&stored, dictionary).unwrap(), &body);
                let at = at.index(stored.len());
                stored[at] ^= 1 << bit;
                // Some bits of a frame mean nothing; what comes back is the body or an error.
                if let Ok(back) = decompress(&stored, dictionary) {
                    prop_assert_eq!(back, body.clone());
                }
            }
        }

        #[test]
        fn any_bytes_are_survived(stored in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decompress(&stored, None);
        }
    }
}
