//! Tokens from the form to the principal, and the ways to forge one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests fail by panicking"
)]

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hygea_workspace::access::PrincipalType;
use hygea_workspace::json::Json;
use hygea_workspace::token::{
    Audience, Claims, Client, Endpoints, Expected, Issuance, KeySet, SigningKey, TokenErrorCode, TokenFault,
    TokenRequest, issue,
};
use hygea_workspace::{ErrorKind, Timestamp};
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;
use serde_json::{Value, json};

const OWN: &str = "http://127.0.0.1:8080";
const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const HOSPITAL: &str = "aaaaaaaa-0000-0000-0000-000000000000";
const FHIR: &str = "http://127.0.0.1:8080/demo/fhir/r4";

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000)
}

fn issuer() -> String {
    Endpoints::new(OWN, TENANT).issuer
}

fn resolve(scope: &str) -> Option<Audience> {
    Audience::parse(scope, OWN, &|name| name == FHIR, &|tenant| tenant == HOSPITAL)
}

fn expected<'a>(issuer: &'a str, audiences: &'a [&'a str]) -> Expected<'a> {
    Expected { issuer, audiences, now: now(), skew: 60 }
}

fn registered() -> (Client, String) {
    let mut client = Client::new("app", now(), &[1; 32]);
    let secret = client.add_secret(&[2; 32], now(), None);
    (client, secret)
}

fn issued(form: &str, authorization: Option<&str>) -> Result<(Value, Value), (u16, Value)> {
    let (client, _) = registered();
    let issuer = issuer();
    let issuance =
        Issuance { issuer: &issuer, own: OWN, tenant: TENANT, now: now(), lifetime: 3600, token_id: "t-1" };
    let answer = TokenRequest::parse(form.as_bytes(), authorization)
        .and_then(|request| issue(&request, Some(&client), &resolve, &issuance));
    match answer {
        Ok(token) => {
            let signed = SigningKey::new(&[7; 32]).unwrap().sign(&token.claims).unwrap();
            Ok((
                serde_json::from_str(&token.response(&signed)).unwrap(),
                serde_json::from_str(&token.claims.to_string()).unwrap(),
            ))
        }
        Err(error) => Err((error.status(), serde_json::from_str(&error.response()).unwrap())),
    }
}

#[test]
fn a_client_gets_a_token_that_proves_it() {
    let (client, secret) = registered();
    let id = &client.id;
    let scope = "http%3A%2F%2F127.0.0.1%3A8080%2Fdemo%2Ffhir%2Fr4%2F.default";
    let (answer, claims) = issued(
        &format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope={scope}"),
        None,
    )
    .unwrap();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(
        claims,
        json!({"iss": issuer(), "aud": FHIR, "sub": client.principal, "oid": client.principal, "tid": TENANT, "azp": id, "appid": id,
        "azpacr": "1", "idtyp": "app", "iat": 1_800_000_000, "nbf": 1_800_000_000, "exp": 1_800_003_600, "jti": "t-1", "ver": "2.0"})
    );
    let key = SigningKey::new(&[7; 32]).unwrap();
    let keys =
        KeySet::parse(SigningKey::key_set([&SigningKey::new(&[8; 32]).unwrap(), &key]).as_bytes()).unwrap();
    assert_eq!(keys.len(), 2);
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(KeySet::unverified_issuer(token).unwrap(), issuer());
    let proved = keys.verify(token, &expected(&issuer(), &[FHIR])).unwrap();
    let principal = proved.principal(&|_| false).unwrap();
    assert_eq!(
        (principal.id.as_str(), principal.kind, principal.client.as_deref(), principal.token.as_deref()),
        (client.principal.as_str(), PrincipalType::ServicePrincipal, Some(id.as_str()), Some("t-1"))
    );
    // Signing needs no randomness: the same claims give the same token.
    assert_eq!(key.sign(&Json::parse(claims.to_string().as_bytes()).unwrap()).unwrap().len(), token.len());

    // By HTTP Basic, and by the older endpoint.
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    issued(&format!("grant_type=client_credentials&scope={scope}"), Some(&basic)).unwrap();
    let (older, claims) = issued(&format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&resource=https%3A%2F%2Fmanagement.azure.com%2F"), None).unwrap();
    assert_eq!(
        (&older["expires_in"], &older["resource"], &claims["aud"]),
        (&json!("3600"), &json!("https://management.azure.com/"), &json!("https://management.azure.com/"))
    );
    assert!(Audience::management(OWN).contains(&"https://management.azure.com/".to_owned()));

    // As the Patients app asks, misspelling and all: the token carries the tenant.
    let (answer, claims) = issued(
        &format!("grant-type=client_credentials&client_id={id}&client_secret={secret}&scope={HOSPITAL}"),
        None,
    )
    .unwrap();
    assert_eq!(
        (&answer["scope"], &claims["scope"], &claims["aud"]),
        (&json!(HOSPITAL), &json!(HOSPITAL), &json!("http://127.0.0.1:8080/patients-app"))
    );
}

#[test]
fn bad_requests_get_the_error_of_the_standard() {
    let (client, secret) = registered();
    let id = &client.id;
    let good =
        format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope={HOSPITAL}");
    let basic = |text: String| format!("Basic {}", STANDARD.encode(text));
    let large = "x".repeat(70_000);
    for (form, header, status, code) in [
        (String::new(), None, 400, "invalid_request"),
        (large, None, 400, "invalid_request"),
        ("grant_type=%zz".into(), None, 400, "invalid_request"),
        (good.replace("client_credentials", "password"), None, 400, "unsupported_grant_type"),
        (format!("{good}&scope=x"), None, 400, "invalid_request"),
        (format!("{good}&grant-type=client_credentials"), None, 400, "invalid_request"),
        (good.replace(HOSPITAL, "aaaaaaaa-0000-0000-0000-000000000001"), None, 400, "invalid_scope"),
        (good.replace(&format!("&scope={HOSPITAL}"), ""), None, 400, "invalid_scope"),
        (good.replace(HOSPITAL, "https://other.example/.default"), None, 400, "invalid_scope"),
        (good.replace(&secret, "wrong"), None, 401, "invalid_client"),
        (good.replace(id, TENANT), None, 401, "invalid_client"),
        (good.replace(&format!("&client_secret={secret}"), ""), None, 401, "invalid_client"),
        ("grant_type=client_credentials".into(), Some("Bearer x".to_owned()), 401, "invalid_client"),
        ("grant_type=client_credentials".into(), Some("Basic !".to_owned()), 401, "invalid_client"),
        (good.clone(), Some(basic(format!("{id}:{secret}"))), 400, "invalid_request"),
        (
            format!("grant_type=client_credentials&client_id={TENANT}"),
            Some(basic(format!("{id}:{secret}"))),
            400,
            "invalid_request",
        ),
        (
            format!("grant_type=client_credentials&client_id={id}&client_assertion=x"),
            None,
            400,
            "invalid_request",
        ),
        (
            format!(
                "grant_type=client_credentials&client_id={id}&client_assertion=x&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
            ),
            None,
            401,
            "invalid_client",
        ),
    ] {
        let (found, body) = issued(&form, header.as_deref()).expect_err(&form);
        assert_eq!((found, body["error"].as_str()), (status, Some(code)), "{form}");
        assert!(!body.to_string().contains(&secret));
    }
    let request = TokenRequest::parse(good.as_bytes(), None).unwrap();
    assert!(!format!("{request:?} {:?}", request.credential).contains(&secret));
    // An unknown client and a wrong secret are told apart by nothing.
    let issuer = issuer();
    let issuance =
        Issuance { issuer: &issuer, own: OWN, tenant: TENANT, now: now(), lifetime: 3600, token_id: "t" };
    let unknown = issue(&request, None, &resolve, &issuance).unwrap_err();
    assert_eq!(unknown.code, TokenErrorCode::InvalidClient);
    let wrong = TokenRequest::parse(good.replace(&secret, "wrong").as_bytes(), None).unwrap();
    assert_eq!(issue(&wrong, Some(&client), &resolve, &issuance).unwrap_err(), unknown);
}

/// A token of any header and claims, signed by the key of the test.
fn forged(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn signed_by(algorithm: Algorithm, key: &EncodingKey, message: &[u8]) -> Vec<u8> {
    (DEFAULT_PROVIDER.signer_factory)(&algorithm, key).unwrap().try_sign(message).unwrap()
}

#[test]
fn forged_tokens_are_refused() {
    let key = SigningKey::new(&[7; 32]).unwrap();
    let set = SigningKey::key_set([&key]);
    let keys = KeySet::parse(set.as_bytes()).unwrap();
    let issuer = issuer();
    let claims = json!({"iss": issuer, "aud": FHIR, "oid": "p", "exp": 1_800_003_600, "nbf": 1_800_000_000});
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        key.sign(&Json::parse(claims.to_string().as_bytes()).unwrap()).unwrap()
    };
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        key.sign(&Json::parse(claims.to_string().as_bytes()).unwrap()).unwrap()
    };
    let good = with("x", json!(1));
    let parts: Vec<&str> = good.split('.').collect();
    let other = SigningKey::new(&[9; 32]).unwrap();
    let header = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, key.kid());
    let public = serde_json::from_str::<Value>(&set).unwrap()["keys"][0].clone();
    let hmac = |secret: &[u8], message: &[u8]| {
        signed_by(Algorithm::HS256, &EncodingKey::from_secret(secret), message)
    };
    let text = claims.to_string();
    let by_key = |header: &str, claims: &str| {
        let mut der = vec![
            0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86,
            0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20,
        ];
        der.extend([7; 32]);
        forged(header, claims, |message| {
            signed_by(Algorithm::ES256, &EncodingKey::from_ec_der(&der), message)
        })
    };
    use TokenFault as F;
    let cases: Vec<(&str, String, Result<(), F>)> = vec![
        ("good", good.clone(), Ok(())),
        ("good, several audiences", with("aud", json!(["x", FHIR])), Ok(())),
        ("good, slash at the issuer", with("iss", json!(format!("{issuer}/"))), Ok(())),
        ("good, within the skew", with("exp", json!(1_799_999_941)), Ok(())),
        ("good, header of the test", by_key(&header, &text), Ok(())),
        ("none", forged(r#"{"alg":"none"}"#, &text, |_| vec![]), Err(F::Algorithm)),
        ("None", forged(r#"{"alg":"None"}"#, &text, |_| vec![]), Err(F::Algorithm)),
        ("no alg", forged("{}", &text, |_| vec![]), Err(F::Algorithm)),
        (
            "key confusion",
            forged(&header.replace("ES256", "HS256"), &text, |m| hmac(public.to_string().as_bytes(), m)),
            Err(F::Algorithm),
        ),
        (
            "key confusion, coordinate",
            forged(&header.replace("ES256", "HS256"), &text, |m| {
                hmac(public["x"].as_str().unwrap().as_bytes(), m)
            }),
            Err(F::Algorithm),
        ),
        (
            "another algorithm",
            forged(&header.replace("ES256", "RS256"), &text, |_| vec![0; 256]),
            Err(F::Algorithm),
        ),
        ("another key", other.sign(&Json::parse(text.as_bytes()).unwrap()).unwrap(), Err(F::UnknownKey)),
        (
            "another key under this id",
            other.sign(&Json::parse(text.as_bytes()).unwrap()).unwrap().replacen(
                &other.sign(&Json::Null).unwrap().split('.').next().unwrap().to_owned(),
                parts[0],
                1,
            ),
            Err(F::Signature),
        ),
        (
            "a key of its own",
            by_key(&format!(r#"{{"alg":"ES256","jwk":{public},"kid":"x"}}"#), &text),
            Err(F::UnknownKey),
        ),
        (
            "altered claims",
            format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(text.replace("\"p\"", "\"q\"")), parts[2]),
            Err(F::Signature),
        ),
        ("no signature", format!("{}.{}.", parts[0], parts[1]), Err(F::Signature)),
        (
            "zero signature",
            format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode([0; 64])),
            Err(F::Signature),
        ),
        ("two parts", format!("{}.{}", parts[0], parts[1]), Err(F::Malformed)),
        ("four parts", format!("{good}.x"), Err(F::Malformed)),
        ("nothing", String::new(), Err(F::Malformed)),
        ("too large", with("x", json!("x".repeat(20_000))), Err(F::Malformed)),
        ("crit", by_key(&header.replace("{", r#"{"crit":["x"],"#), &text), Err(F::Malformed)),
        ("claims twice", by_key(&header, &text.replacen('{', r#"{"oid":"admin","#, 1)), Err(F::Malformed)),
        ("claims that are no object", by_key(&header, "[]"), Err(F::Malformed)),
        ("padding", good.replace('.', "=."), Err(F::Malformed)),
        ("expired", with("exp", json!(1_799_999_940)), Err(F::Expired)),
        ("never expires", without("exp"), Err(F::Expired)),
        ("expiry as text", with("exp", json!("1800003600")), Err(F::Malformed)),
        ("early", with("nbf", json!(1_800_000_061)), Err(F::NotYetValid)),
        ("another issuer", with("iss", json!("https://evil.example")), Err(F::Issuer)),
        ("issuer prefix", with("iss", json!(format!("{issuer}x"))), Err(F::Issuer)),
        ("no issuer", without("iss"), Err(F::Malformed)),
        ("another audience", with("aud", json!("http://127.0.0.1:8080/demo/fhir/r44")), Err(F::Audience)),
        ("audience in another case", with("aud", json!(FHIR.to_uppercase())), Err(F::Audience)),
        ("no audience", without("aud"), Err(F::Audience)),
    ];
    for (name, token, wanted) in &cases {
        assert_eq!(keys.verify(token, &expected(&issuer, &[FHIR])).map(|_| ()), *wanted, "{name}");
    }
    println!("{} tokens, each accepted or refused as it must be", cases.len());
    let nobody = keys.verify(&without("oid"), &expected(&issuer, &[FHIR])).unwrap();
    assert_eq!(nobody.principal(&|_| true).unwrap_err(), F::NoPrincipal);
    // Skew is granted up to five minutes, whatever is asked.
    let lax = Expected { skew: 1_000_000, ..expected(&issuer, &[FHIR]) };
    assert!(keys.verify(&with("exp", json!(1_799_999_701)), &lax).is_ok());
    assert_eq!(keys.verify(&with("exp", json!(1_799_999_700)), &lax).unwrap_err(), F::Expired);
}

#[test]
fn keys_of_other_issuers_verify() {
    // RFC 7515, appendix A.2: signed with RS256 by "joe", for no audience.
    let rsa = json!({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"});
    let token = concat!(
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    );
    let set = |keys: Value| KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap();
    let rsa_only = set(json!([rsa]));
    // The signature is right; the audience, which comes after it, is what is missing.
    assert_eq!(rsa_only.verify(token, &expected("joe", &["x"])).unwrap_err(), TokenFault::Audience);
    assert_eq!(
        rsa_only.verify(&token.replace(".cC4", ".cC5"), &expected("joe", &["x"])).unwrap_err(),
        TokenFault::Signature
    );

    let claims = json!({"iss": "https://idp.example", "aud": "x", "exp": 1_800_003_600, "oid": "u", "scp": "patient/Patient.rs openid", "fhirUser": "https://x/Patient/1", "groups": ["g"]}).to_string();
    let mut ed = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    ed.extend([5; 32]);
    let ed_x = URL_SAFE_NO_PAD.encode(
        (DEFAULT_PROVIDER.key_utils.ed_pub_components_from_private_key)(
            &ed,
            &jsonwebtoken::jwk::EllipticCurve::Ed25519,
        )
        .unwrap(),
    );
    let mut p384 = vec![
        0x30, 0x4e, 2, 1, 0, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0,
        0x22, 4, 0x37, 0x30, 0x35, 2, 1, 1, 4, 0x30,
    ];
    p384.extend([6; 48]);
    let (_, x, y) =
        (DEFAULT_PROVIDER.key_utils.ec_pub_components_from_private_key)(&p384, Algorithm::ES384).unwrap();
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let keys = set(
        json!([rsa, {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": ed_x}, {"kty": "EC", "crv": "P-384", "kid": "ec", "x": x, "y": y, "alg": "ES384", "use": "sig"}]),
    );
    for (header, algorithm, key) in [
        (r#"{"alg":"EdDSA","kid":"ed"}"#, Algorithm::EdDSA, EncodingKey::from_ed_der(&ed)),
        (r#"{"alg":"ES384","kid":"ec"}"#, Algorithm::ES384, EncodingKey::from_ec_der(&p384)),
        (r#"{"alg":"ES384"}"#, Algorithm::ES384, EncodingKey::from_ec_der(&p384)),
    ] {
        let token = forged(header, &claims, |message| signed_by(algorithm, &key, message));
        let proved = keys.verify(&token, &expected("https://idp.example/", &["x"])).unwrap();
        let principal = proved.principal(&|name| name == "Patient").unwrap();
        assert_eq!(
            (principal.kind, principal.groups.as_slice(), principal.fhir_user.as_deref()),
            (PrincipalType::User, ["g".to_owned()].as_slice(), Some("https://x/Patient/1"))
        );
        assert_eq!(principal.scopes.unwrap().iter().count(), 1);
    }

    // Keys that cannot verify are passed over.
    for key in [
        json!({"kty": "oct", "k": "c2VjcmV0", "kid": "a"}),
        json!({"kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xff; 128])}),
        json!({"kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0x7f; 256])}),
        json!({"kty": "RSA", "e": URL_SAFE_NO_PAD.encode([1; 300]), "n": URL_SAFE_NO_PAD.encode([0xff; 256])}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}),
        json!({"kty": "OKP", "crv": "X25519", "x": ed_x}),
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}),
        json!({"kty": "EC", "crv": "P-384", "x": x, "y": y, "use": "enc"}),
        json!({"kty": "EC", "crv": "P-384", "x": x, "y": y, "alg": "HS256"}),
        json!(1),
    ] {
        assert!(set(json!([key])).is_empty(), "{key}");
    }
    for (text, kind) in [
        ("", ErrorKind::InvalidJson),
        ("{}", ErrorKind::InvalidKey),
        (r#"{"keys":1}"#, ErrorKind::InvalidKey),
    ] {
        assert_eq!(KeySet::parse(text.as_bytes()).unwrap_err().kind(), kind);
    }
    for private in [[0; 32], [0xff; 32]] {
        assert_eq!(SigningKey::new(&private).unwrap_err().kind(), ErrorKind::InvalidKey);
    }
}

#[test]
fn discovery_names_what_there_is() {
    let mut endpoints = Endpoints::new(OWN, TENANT);
    let document: Value = serde_json::from_str(&endpoints.document()).unwrap();
    assert_eq!(document["issuer"], format!("{OWN}/{TENANT}/v2.0"));
    assert_eq!(document["token_endpoint"], format!("{OWN}/{TENANT}/oauth2/v2.0/token"));
    assert_eq!(document["jwks_uri"], format!("{OWN}/{TENANT}/v2.0/.well-known/jwks.json"));
    assert!(document.get("registration_endpoint").is_none());
    endpoints.registration = Some("r".into());
    assert!(endpoints.document().contains(r#""registration_endpoint":"r""#));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn mutated_tokens_are_refused(position in 0_usize..400, byte in proptest::char::range(' ', '~')) {
        let key = SigningKey::new(&[7; 32]).unwrap();
        let keys = KeySet::parse(SigningKey::key_set([&key]).as_bytes()).unwrap();
        let claims = Json::parse(json!({"iss": "i", "aud": "a", "oid": "p", "exp": 1_800_003_600}).to_string().as_bytes()).unwrap();
        let token = key.sign(&claims).unwrap();
        let mut mutated: Vec<char> = token.chars().collect();
        let position = position % mutated.len();
        mutated[position] = byte;
        let mutated: String = mutated.into_iter().collect();
        let verified = keys.verify(&mutated, &expected("i", &["a"]));
        prop_assert_eq!(verified.is_ok(), mutated == token);
    }

    #[test]
    fn any_form_and_any_claims_are_read_or_refused(form in "[a-z_=&%+-]{0,120}", header in proptest::option::of("(Basic )?[A-Za-z0-9=]{0,40}"), claims in "[{](\"(iss|aud|exp|scp|oid)\":(1|\"a\"|\\[\"b\"\\]|null|1.5|1e9),){0,3}\"x\":0[}]") {
        let _ = TokenRequest::parse(form.as_bytes(), header.as_deref());
        if let Ok(json) = Json::parse(claims.as_bytes()) {
            let _ = Claims::from_json(&json);
        }
    }
}
