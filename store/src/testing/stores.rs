//! What every collection of stores and every collection of blobs must do.

use super::build::{a, commit, kind_of, put};
use crate::{ErrorKind, StoreName, Stores};

/// Stores are opened by name, shared, listed and removed.
pub fn stores_by_name(stores: &dyn Stores) {
    let name = |text: &str| StoreName::parse(text).unwrap();
    assert!(stores.list().unwrap().is_empty());
    assert!(!stores.exists(&name("demo/fhir/r4")).unwrap());
    let names = ["demo/fhir/r4", "demo/fhir", "demo/fhir/r4.x", "a-b_c", "demo"];
    for text in names {
        let store = stores.open(&name(text)).unwrap();
        commit(&*store, vec![put(&a("name"), text, Vec::new())]);
    }
    let mut wanted = names;
    wanted.sort_unstable();
    let listed: Vec<String> = stores.list().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(listed, wanted);
    for text in names {
        let store = stores.open(&name(text)).unwrap();
        assert_eq!(store.read(&a("name")).unwrap().unwrap().body, text.as_bytes());
        assert!(stores.exists(&name(text)).unwrap());
    }
    let held = stores.open(&name("demo/fhir")).unwrap();
    assert!(stores.remove(&name("demo/fhir")).unwrap());
    assert_eq!(kind_of(held.read(&a("name"))), Some(ErrorKind::Closed));
    assert!(!stores.remove(&name("demo/fhir")).unwrap());
    assert!(!stores.exists(&name("demo/fhir")).unwrap());
    assert_eq!(stores.list().unwrap().len(), 4);
    let fresh = stores.open(&name("demo/fhir")).unwrap();
    assert_eq!(fresh.read(&a("name")).unwrap(), None);
    let kept = stores.open(&name("demo/fhir/r4")).unwrap();
    assert_eq!(kept.read(&a("name")).unwrap().unwrap().body, b"demo/fhir/r4");
}
