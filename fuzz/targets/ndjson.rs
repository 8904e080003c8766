//! NDJSON: each line is read as it is by itself, whatever the pieces that the file comes in, and from any line on.
#![no_main]

use hygea_fhir_model::json::{Document, Options as ReadOptions};
use hygea_fhir_model::stream::{NdjsonReader, Options};
use hygea_fuzz::Trickle;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let options = Options { max_item_bytes: 2_000, max_depth: 20, ..Options::default() };
    let reading = ReadOptions { max_bytes: 2_000, max_depth: 20, ..ReadOptions::default() };
    let mut lines = data.split(|byte| *byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace));
    let mut reader = NdjsonReader::with_options(Trickle::new(data), options.clone());
    while let Some(found) = reader.next() {
        let line = lines.next().expect("no more lines than there are");
        let wanted = Document::parse_with(line, &reading);
        match (found, wanted) {
            (Ok(found), Ok(wanted)) => assert_eq!(found.json(), wanted.root().raw()),
            (Err(found), Err(wanted)) => {
                assert_eq!((found.kind(), found.path()), (wanted.kind(), wanted.path()));
            }
            _ => panic!("a line is read by itself and not in its file, or the reverse"),
        }
        if reader.place().index > 3 {
            continue;
        }
        let place = reader.place();
        let rest = usize::try_from(place.offset).ok().and_then(|at| data.get(at..)).expect("a place in the file");
        let again = NdjsonReader::resume(rest, place, options.clone()).next();
        assert_eq!(again.is_some(), lines.clone().next().is_some());
    }
    assert!(lines.next().is_none(), "no line is lost");
});
