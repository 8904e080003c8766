//! Every kind of statement: bound values in order, the shard in every table; and, where a server is at hand, accepted by it.
//!
//! `HYGEA_TEST_POSTGRES` is a connection string for `psql`, of a database in which the test may make and drop a schema.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use std::io::Write as _;
use std::ops::Bound;
use std::process::{Command, Stdio};

use hygea_store::position::SortValue;
use hygea_store::sql::{Bind, Leaf, Node, Order, Statement, Test, Window, table};
use hygea_store::{Decimal, Direction, Range, Text, TextTest};
use hygea_store_postgres::{Postgres, SCHEMA};

const DIALECT: Postgres = Postgres { shard: 5 };
const WINDOW: Window = Window { above: 0, until: 1_000 };

fn leaf(test: Test) -> Node {
    Node::Leaf(Leaf { parameter: 7, test })
}

fn nodes() -> Vec<Node> {
    let token = leaf(Test::Token { codes: vec![3], system: Some(4) });
    let numbers = Range::any().low_from(Decimal::ZERO).high_before(Decimal::from(9));
    let simple = vec![
        Node::Nothing,
        Node::Everything,
        Node::Rows(vec![1, 2, 3]),
        token.clone(),
        leaf(Test::Token { codes: Vec::new(), system: Some(0) }),
        leaf(Test::Token { codes: vec![3, 4], system: None }),
        leaf(Test::Text(TextTest::Prefix("smi".into()))),
        leaf(Test::Text(TextTest::Contains("mit".into()))),
        leaf(Test::Text(TextTest::Exact(Text::new("smith", "Smith")))),
        leaf(Test::Date(Range::any().low_from(10).high_until(20))),
        leaf(Test::Date(Range::any().high_after(20))),
        leaf(Test::Number(numbers.clone())),
        leaf(Test::Number(Range::any().high_from(Decimal::ZERO))),
        leaf(Test::Quantity { system: Some(1), unit: Some(2), range: numbers }),
        leaf(Test::Reference { targets: vec![9], base: Some(0), version: None }),
        leaf(Test::Reference { targets: vec![9, 10], base: None, version: Some(3) }),
        leaf(Test::Uri(vec![4, 5])),
        Node::Modified(Bound::Included(4), Bound::Excluded(9)),
        Node::Missing { parameter: 7, missing: true },
        Node::Missing { parameter: 7, missing: false },
        Node::Chain { parameter: 7, kind: 2, node: Box::new(token.clone()), inner_first: true },
        Node::Chain { parameter: 7, kind: 2, node: Box::new(token.clone()), inner_first: false },
        Node::Reverse { kind: 2, parameter: 8, node: Box::new(token.clone()) },
    ];
    let mut nodes = simple.clone();
    for node in simple {
        nodes.push(Node::Not(Box::new(node.clone())));
        nodes.push(Node::And(vec![token.clone(), node.clone()]));
        nodes.push(Node::And(vec![node.clone(), token.clone(), Node::Not(Box::new(node.clone()))]));
        nodes.push(Node::Or(vec![node.clone(), token.clone(), Node::And(vec![node.clone(), token.clone()])]));
        nodes.push(Node::And(vec![Node::Or(vec![node.clone(), token.clone()]), node.clone()]));
    }
    nodes
}

fn statements() -> Vec<Statement<'static>> {
    let mut statements = Vec::new();
    for node in nodes() {
        for direction in [Direction::Ascending, Direction::Descending] {
            statements.push(Statement::page(&DIALECT, 1, &node, WINDOW, direction, 20));
            statements.push(Statement::scan(&DIALECT, 1, &node, WINDOW, direction, 20));
            let orders = [
                (table::DOCUMENT, SortValue::Date(4)),
                (table::DATE, SortValue::Date(4)),
                (table::TEXT, SortValue::Text("s".into())),
                (table::NUMBER, SortValue::Number(Decimal::ZERO)),
                (table::QUANTITY, SortValue::Number(Decimal::ZERO)),
            ];
            for (name, value) in orders {
                let order = Order { table: name, parameter: 7, direction, after: Some((value, 3)) };
                statements.push(Statement::walk(&DIALECT, 1, &node, WINDOW, &order, 20));
            }
        }
        statements.push(Statement::documents(&DIALECT, 1, &node, WINDOW));
        statements.push(Statement::count(&DIALECT, 1, &node, true));
        statements.push(Statement::count(&DIALECT, 1, &node, false));
        statements.push(Statement::count_to(&DIALECT, 1, &node, 100));
    }
    statements
}

#[test]
fn values_are_bound_and_every_table_has_its_shard() {
    for statement in statements() {
        let text = statement.text().to_owned();
        let binds = statement.into_binds();
        for number in 1..=binds.len() {
            assert_eq!(text.matches(&format!("${number}")).count(), marks(binds.len(), number), "{text}");
        }
        assert!(!text.contains('?') && !text.contains('\'') && !text.contains("entries_"), "{text}");
        assert!(!binds.iter().any(|bind| matches!(bind, Bind::Node(_))), "{text}");
        let names = [
            table::DOCUMENT,
            table::TOKEN,
            table::TEXT,
            table::DATE,
            table::NUMBER,
            table::QUANTITY,
            table::REFERENCE,
            table::URI,
        ];
        // Every table has an alias of its own, and the alias its shard; of two joined along a key one is enough in the text.
        for part in names.iter().flat_map(|name| text.match_indices(&format!("{name} t")).collect::<Vec<_>>())
        {
            let alias: String =
                text[part.0 + part.1.len() - 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
            assert!(text.contains(&format!("{alias}.shard = $")), "{alias} in {text}");
        }
    }
}

/// How often `$n` stands in a text as itself or as the beginning of a longer number.
fn marks(count: usize, number: usize) -> usize {
    (1..=count).filter(|other| other.to_string().starts_with(&number.to_string())).count()
}

#[test]
fn a_server_accepts_the_schema_and_the_statements() {
    let Ok(connection) = std::env::var("HYGEA_TEST_POSTGRES") else {
        println!("left out: HYGEA_TEST_POSTGRES is not set");
        return;
    };
    let mut script = String::from("BEGIN; CREATE SCHEMA hygea_test; SET search_path TO hygea_test;\n");
    script.push_str(SCHEMA);
    for (number, statement) in statements().into_iter().enumerate() {
        let text = statement.text().to_owned();
        let types: Vec<&str> = statement
            .into_binds()
            .iter()
            .map(|bind| match bind {
                Bind::Integer(_) => "bigint",
                Bind::Text(_) => "text",
                Bind::Bytes(_) => "bytea",
                Bind::Rows(_) | Bind::Node(_) => "bigint[]",
            })
            .collect();
        let types = if types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
        script.push_str(&format!("PREPARE s{number} {types} AS {text};\n"));
    }
    script.push_str("ROLLBACK;\n");
    let mut psql = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", &connection])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    psql.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(psql.wait().unwrap().success());
}
