//! One engine, many threads: every write is answered, none is lost, reads go on beside them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]
#![allow(
    clippy::undocumented_unsafe_blocks,
    dead_code,
    reason = "each call passes what the test made a line above"
)]

mod host;

use host::Host;
use std::sync::Barrier;

const THREADS: usize = 8;
const EACH: usize = 25;

#[test]
fn eight_threads_on_one_engine() {
    let host = Host::open();
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (host, start) = (&host, &start);
            scope.spawn(move || {
                start.wait();
                for number in 0..EACH {
                    let id = format!("t{thread}-{number}");
                    let path = format!("/demo/fhir/r4/Patient/{id}");
                    let patient = format!(
                        r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"system":"urn:thread","value":"{thread}"}}]}}"#
                    );
                    assert_eq!(host.ask("PUT", &path, &patient).0, 201, "{id}");
                    let (status, read) = host.ask("GET", &path, "");
                    assert_eq!(status, 200);
                    assert!(read.contains(&format!(r#""id":"{id}""#)), "{read}");
                }
            });
        }
    });
    for thread in 0..THREADS {
        let path = format!("/demo/fhir/r4/Patient?identifier=urn:thread%7C{thread}&_summary=count");
        let (status, bundle) = host.ask("GET", &path, "");
        assert_eq!(status, 200);
        assert!(bundle.contains(&format!(r#""total":{EACH}"#)), "{bundle}");
    }
}
