//! Every value set that the tables of R4 enumerate answers for its codes, and for no others.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::schema::{Schema, Version};
use hygea_terminology::{Coding, ErrorKind, MemoryTerminology, Terminology};
use std::collections::BTreeSet;

#[test]
fn value_sets_of_bindings_hold_their_codes() {
    let Some(schema) = Schema::of(Version::R4) else {
        println!("left out: the tables of R4 are not built in");
        return;
    };
    let mut terminology = MemoryTerminology::new();
    terminology.add_bindings(schema);
    let (mut sets, mut codes, mut open) = (BTreeSet::new(), 0, BTreeSet::new());
    for binding in
        schema.types().iter().flat_map(|definition| definition.fields()).filter_map(|field| field.binding())
    {
        let url = binding.value_set();
        let versioned = if url.contains('|') { url.to_owned() } else { format!("{url}|4.0.1") };
        if binding.codings().len() == 0 {
            open.insert(url);
            continue;
        }
        if !sets.insert(url) {
            continue;
        }
        for (system, code) in binding.codings() {
            for asked in [url, &versioned] {
                assert!(
                    terminology.contains(asked, &Coding::new(system, code)).unwrap(),
                    "{code} in {asked}"
                );
                assert!(terminology.contains(asked, &Coding::code(code)).unwrap(), "{code} in {asked}");
            }
            assert!(!terminology.contains(url, &Coding::new("urn:other", code)).unwrap(), "{code} in {url}");
            codes += 1;
        }
        assert!(!terminology.contains(url, &Coding::code("no such code")).unwrap(), "{url}");
    }
    let whole = [
        ("ucum-units", "mg", "mcg"),
        ("mimetypes", "text/html", "html"),
        ("all-languages", "de-CH", "de_CH"),
    ];
    for (name, code, wrong) in whole {
        let url = format!("http://hl7.org/fhir/ValueSet/{name}|4.0.1");
        assert!(terminology.contains(&url, &Coding::code(code)).unwrap(), "{code}");
        assert!(!terminology.contains(&url, &Coding::code(wrong)).unwrap(), "{wrong}");
    }
    for url in &open {
        assert_eq!(
            terminology.contains(url, &Coding::code("x")).unwrap_err().kind(),
            ErrorKind::UnknownValueSet,
            "{url}"
        );
    }
    println!("{} value sets, {codes} codes, not enumerated: {open:?}", sets.len());
    assert!(sets.len() > 200 && codes > 2000, "{} value sets, {codes} codes", sets.len());
}
