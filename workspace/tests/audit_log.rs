//! The audit log: its records, its chain, and the published vectors of its tree.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests fail by panicking"
)]

mod data_root;

use hygea_workspace::access::{Decision, FhirInteraction, Plane, Policy, Principal, PrincipalType};
use hygea_workspace::audit::merkle::{self, Frontier, Hash};
use hygea_workspace::audit::{AuditRecord, Chain, Query, custom_headers};
use hygea_workspace::{ErrorKind, ResourceId, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|index| u8::from_str_radix(&hex[index..index + 2], 16).unwrap()).collect()
}

fn hash(hex: &Value) -> Hash {
    bytes(hex.as_str().unwrap()).try_into().unwrap()
}

#[test]
fn published_trees_and_proofs() {
    let Some(vectors) = data_root::read_json("vectors/rfc9162_merkle.json") else { return };
    let leaves: Vec<Hash> = vectors["leaves_hex"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leaf| merkle::leaf(&bytes(leaf.as_str().unwrap())))
        .collect();
    let mut frontier = Frontier::default();
    for size in 0..=leaves.len() {
        let wanted = hash(&vectors["roots"][size.to_string()]);
        assert_eq!(merkle::root(&leaves[..size]), wanted);
        assert_eq!((frontier.root(), frontier.size()), (wanted, size as u64));
        assert_eq!(Frontier::new(size as u64, frontier.peaks().to_vec()).unwrap(), frontier);
        if let Some(leaf) = leaves.get(size) {
            frontier.push(*leaf);
        }
    }
    let list = |value: &Value| value["proof"].as_array().unwrap().iter().map(hash).collect::<Vec<_>>();
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    for vector in vectors["inclusion"].as_array().unwrap() {
        let (leaf, size) = (number(&vector["leaf"]), number(&vector["size"]));
        assert_eq!(merkle::inclusion(&leaves[..size], leaf).unwrap(), list(vector));
    }
    for vector in vectors["consistency"].as_array().unwrap() {
        let (from, to) = (number(&vector["from"]), number(&vector["to"]));
        assert_eq!(merkle::consistency(&leaves[..to], from).unwrap(), list(vector));
    }
    println!(
        "RFC 9162: {} roots, {} inclusion and {} consistency proofs",
        leaves.len() + 1,
        vectors["inclusion"].as_array().unwrap().len(),
        vectors["consistency"].as_array().unwrap().len()
    );
}

#[test]
fn proofs_show_what_is_true_and_nothing_else() {
    let leaves: Vec<Hash> = (0..40_u8).map(|index| merkle::leaf(&[index])).collect();
    for size in 1..=leaves.len() {
        let root = merkle::root(&leaves[..size]);
        for index in 0..size {
            let proof = merkle::inclusion(&leaves[..size], index).unwrap();
            let shows = |leaf: &Hash, index: usize, size: usize, proof: &[Hash]| {
                merkle::verify_inclusion(leaf, index as u64, size as u64, proof, &root)
            };
            assert!(shows(&leaves[index], index, size, &proof));
            assert!(!shows(&merkle::leaf(b"other"), index, size, &proof));
            assert!(!shows(&leaves[index], index + 1, size, &proof));
            if let Some((_, shorter)) = proof.split_last() {
                assert!(!shows(&leaves[index], index, size, shorter));
            }
            assert!(!shows(&leaves[index], index, size, &[proof.as_slice(), &[root]].concat()));
        }
        for from in 1..=size {
            let proof = merkle::consistency(&leaves[..size], from).unwrap();
            let first = merkle::root(&leaves[..from]);
            let shows = |first: &Hash, root: &Hash, proof: &[Hash]| {
                merkle::verify_consistency(from as u64, size as u64, first, root, proof)
            };
            assert!(shows(&first, &root, &proof), "{from} {size}");
            assert!(!shows(&merkle::leaf(b"other"), &root, &proof));
            assert!(!shows(&first, &merkle::leaf(b"other"), &proof));
            assert!(!shows(&first, &root, &[proof.as_slice(), &[first]].concat()));
        }
    }
    assert!(
        merkle::inclusion(&leaves, 40).is_err()
            && merkle::consistency(&leaves, 0).is_err()
            && merkle::consistency(&leaves, 41).is_err()
    );
    assert!(Frontier::new(3, vec![leaves[0]]).is_err());
    assert!(!merkle::verify_inclusion(&leaves[0], 0, 0, &[], &leaves[0]));
}

fn record(index: u64) -> AuditRecord {
    AuditRecord {
        time: Timestamp::from_unix_seconds(1_800_000_000),
        operation: format!("read{index}"),
        method: "GET".into(),
        status: 200,
        ..AuditRecord::default()
    }
}

#[test]
fn a_record_is_one_canonical_line() {
    let service = ResourceId::parse(
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/w/fhirservices/f",
    )
    .unwrap();
    let mut principal = Principal::new("p", PrincipalType::ServicePrincipal);
    principal.client = Some("app".into());
    let mut record = AuditRecord {
        resource: Some(service.clone()),
        plane: Some(Plane::Data),
        operation: "search-type".into(),
        path: "/w/fhir/f/Patient".into(),
        query: Some(Query::Raw("name=Ann".into())),
        resource_type: Some("Patient".into()),
        patients: vec!["Patient/2".into(), "Patient/1".into()],
        results: Some(2),
        duration: 17,
        headers: custom_headers([
            ("x-ms-azurefhir-audit-Site", "a"),
            ("Accept", "b"),
            ("X-MS-AZUREFHIR-AUDIT-SITE", "\"c\""),
        ])
        .unwrap(),
        status: 403,
        ..record(0)
    };
    let decision =
        Policy::default().decide_fhir(&principal, FhirInteraction::Search, Some("Patient"), &service);
    assert!(matches!(decision, Decision::Deny(_)));
    record.operation = "search-type".into();
    record.identify(&principal);
    record.decide(&decision);
    let wanted = concat!(
        r#"{"action":"read|search","client":"app","decidedBy":"no role assigned on the scope or above grants the action","decision":"deny","duration":17,"#,
        r#""headers":{"X-MS-AZUREFHIR-AUDIT-SITE":"a, \"c\""},"method":"GET","operation":"search-type","path":"/w/fhir/f/Patient","#,
        r#""patients":["Patient/2","Patient/1"],"plane":"data","principal":"p","query":"bmFtZT1Bbm4=","resource":"/subscriptions/s/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/w/fhirservices/f","#,
        r#""resourceType":"Patient","results":2,"status":403,"time":"2027-01-15T08:00:00.000000Z"}"#
    );
    assert_eq!(record.to_json(), wanted);
    assert!(!format!("{record:?}").contains("Ann"));
    // HMAC-SHA-256 of the key 0…0 and no text.
    record.query = Some(Query::hashed(&[0; 32], ""));
    assert!(
        record
            .to_json()
            .contains(r#""queryHash":"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad""#)
    );
    let long = "x".repeat(2049);
    assert_eq!(
        custom_headers([("X-MS-AZUREFHIR-AUDIT-A", long.as_str())]).unwrap_err().kind(),
        ErrorKind::TooLarge
    );
    let names: Vec<String> = (0..11).map(|index| format!("X-MS-AZUREFHIR-AUDIT-{index}")).collect();
    assert!(custom_headers(names.iter().take(10).map(|name| (name.as_str(), "v"))).is_ok());
    assert!(custom_headers(names.iter().map(|name| (name.as_str(), "v"))).is_err());
}

#[test]
fn any_change_of_the_log_is_found() {
    let mut chain = Chain::default();
    let lines: Vec<String> = (0..20).map(|index| chain.append(&record(index))).collect();
    let verify = |lines: &[String]| {
        let mut seen = Chain::default();
        lines.iter().try_for_each(|line| seen.verify(line)).map(|()| seen)
    };
    let whole = verify(&lines).unwrap();
    assert_eq!(whole, chain);
    assert_eq!(Chain::new(whole.last().copied(), whole.tree().clone()).unwrap(), chain);
    for index in 0..lines.len() {
        let mut altered = lines.clone();
        altered[index] = altered[index].replace("\"status\":200", "\"status\":404");
        // An altered last line is found by the root, all others by the line that follows.
        match verify(&altered) {
            Ok(seen) => assert!(index == 19 && seen.tree().root() != chain.tree().root()),
            Err(error) => assert_eq!(
                (error.kind(), error.path()),
                (ErrorKind::BrokenLog, Some(format!("[{}]", index + 1).as_str()))
            ),
        }
        let mut removed = lines.clone();
        removed.remove(index);
        match verify(&removed) {
            Ok(seen) => assert!(index == 19 && seen.tree().root() != chain.tree().root()),
            Err(error) => assert_eq!(error.path(), Some(format!("[{index}]").as_str())),
        }
        let mut added = lines.clone();
        added.insert(index, lines[index].clone());
        assert!(verify(&added).is_err());
        let mut spaced = lines.clone();
        spaced[index] = spaced[index].replace("{", "{ ");
        assert_eq!(verify(&spaced).unwrap_err().path(), Some(format!("[{index}]").as_str()));
    }
    assert!(Chain::default().verify("").is_err() && Chain::new(None, chain.tree().clone()).is_err());
    assert!(!chain.is_empty() && chain.len() == 20);
}

proptest! {
    #[test]
    fn any_line_is_taken_or_refused(line in "(.{0,80}|[{]\"seq\":0,\"x\":.{0,20}[}])") {
        let _ = Chain::default().verify(&line);
    }
}
