//! How SQLite runs the statements: each is read along a key, and nothing is sorted or copied aside that need not be.

use std::ops::Bound;

use hygea_store::sql::{Leaf, Node, Order, Statement, Test, Window, table};
use hygea_store::{Decimal, Direction, Range, TextTest};

use crate::connection::{Linked, Sqlite};
use crate::schema;

const WINDOW: Window = Window { above: 5, until: 1_000 };

fn way(statement: &Statement<'_>) -> String {
    let linked = Linked::open(std::path::Path::new(":memory:"), 0).unwrap();
    schema::prepare(&linked.connection).unwrap();
    let mut prepared =
        linked.connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.text())).unwrap();
    let mut rows = prepared.raw_query();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        lines.push(row.get::<_, String>(3).unwrap());
    }
    lines.join("; ")
}

fn leaf(test: Test) -> Node {
    Node::Leaf(Leaf { parameter: 7, test })
}

fn token() -> Node {
    leaf(Test::Token { codes: vec![3], system: Some(4) })
}

fn reference() -> Node {
    leaf(Test::Reference { targets: vec![9], base: Some(0), version: None })
}

fn date() -> Node {
    leaf(Test::Date(Range::any().low_from(10).high_until(20)))
}

fn check(name: &str, statement: &Statement<'_>, wanted: &[&str], unwanted: &[&str]) {
    let way = way(statement);
    for part in wanted {
        assert!(way.contains(part), "{name}: no {part:?} in {way}\n{}", statement.text());
    }
    for part in unwanted {
        assert!(!way.contains(part), "{name}: {part:?} in {way}\n{}", statement.text());
    }
}

#[test]
fn pages_in_row_order_are_read_along_a_key() {
    let page = |node: &Node| Statement::page(&Sqlite, 1, node, WINDOW, Direction::Ascending, 20);
    let not_sorted = ["TEMP B-TREE", "SCAN index", "SCAN document"];
    let along_token = "SEARCH t1 USING PRIMARY KEY (parameter=? AND code=? AND rid>? AND rid<?)";
    check("token", &page(&token()), &[along_token], &not_sorted);
    let any = leaf(Test::Token { codes: vec![3], system: None });
    check("code", &page(&any), &[along_token], &not_sorted);
    check("reference", &page(&reference()), &["(parameter=? AND target=? AND rid>? AND rid<?)"], &not_sorted);
    check(
        "uri",
        &page(&leaf(Test::Uri(vec![5]))),
        &["(parameter=? AND uri=? AND rid>? AND rid<?)"],
        &not_sorted,
    );
    let all = page(&Node::Everything);
    check("all", &all, &["USING COVERING INDEX document_live (kind=? AND rowid>? AND rowid<?)"], &not_sorted);
    let both = Node::And(vec![reference(), token()]);
    let probed = "(parameter=? AND code=? AND rid=? AND system=?)";
    check("both", &page(&both), &["(parameter=? AND target=? AND rid>? AND rid<?)", probed], &not_sorted);
    let either = Node::Or(vec![token(), leaf(Test::Token { codes: vec![8], system: None })]);
    check("either", &page(&either), &["MERGE (UNION)", along_token], &not_sorted);
    let narrowed = Node::And(vec![either, date()]);
    check("narrowed", &page(&narrowed), &["MERGE (UNION)"], &not_sorted);
    let not = Node::Not(Box::new(token()));
    check("not", &page(&not), &["COVERING INDEX document_live"], &not_sorted);
    let newest = Statement::page(&Sqlite, 1, &token(), WINDOW, Direction::Descending, 20);
    check("backwards", &newest, &[along_token], &not_sorted);
}

#[test]
fn walks_are_read_along_the_value() {
    let walk = |node: &Node, name: &'static str, direction| {
        let after = Some((hygea_store::position::SortValue::Date(4), 9));
        Statement::walk(&Sqlite, 1, node, WINDOW, &Order { table: name, parameter: 7, direction, after }, 20)
    };
    let not_sorted = ["TEMP B-TREE", "SCAN"];
    for direction in [Direction::Ascending, Direction::Descending] {
        let modified = walk(&token(), table::DOCUMENT, direction);
        check("modified", &modified, &["INDEX document_modified (kind=? AND "], &not_sorted);
        for name in [table::DATE, table::NUMBER, table::QUANTITY, table::TEXT] {
            check(
                name,
                &walk(&token(), name, direction),
                &["USING PRIMARY KEY (parameter=? AND ("],
                &not_sorted,
            );
        }
    }
}

#[test]
fn ranges_are_read_along_the_end_that_is_bounded() {
    let count = |node: &Node| Statement::count_to(&Sqlite, 1, node, 100);
    let not_scanned = ["SCAN index", "SCAN document", "AUTOMATIC"];
    check("within", &count(&date()), &["PRIMARY KEY (parameter=? AND low>? AND low<?)"], &not_scanned);
    let from = leaf(Test::Date(Range::any().high_after(10)));
    let both_parts = ["PRIMARY KEY (parameter=? AND low>?)", "index_date_wide (parameter=? AND high>?)"];
    check("from", &count(&from), &both_parts, &not_scanned);
    let until = leaf(Test::Date(Range::any().low_before(10)));
    check("until", &count(&until), &["PRIMARY KEY (parameter=? AND low<?)"], &not_scanned);
    let range = Range::any().high_after(Decimal::ZERO);
    let amount = |unit| leaf(Test::Quantity { system: None, unit, range: range.clone() });
    let both_parts = [
        "COVERING INDEX index_quantity_unit (parameter=? AND unit=? AND low>?)",
        "index_quantity_wide (parameter=? AND unit=? AND high>?)",
    ];
    check("amount with a unit", &count(&amount(Some(3))), &both_parts, &not_scanned);
    let both_parts = ["PRIMARY KEY (parameter=? AND low>?)", "index_quantity_wide (parameter=?)"];
    check("amount", &count(&amount(None)), &both_parts, &not_scanned);
    let number = leaf(Test::Number(range));
    check(
        "number",
        &count(&number),
        &["(parameter=? AND low>?)", "index_number_wide (parameter=? AND high>?)"],
        &not_scanned,
    );
    let prefix = leaf(Test::Text(TextTest::Prefix("smi".into())));
    check("prefix", &count(&prefix), &["PRIMARY KEY (parameter=? AND folded>? AND folded<?)"], &not_scanned);
    let modified = Node::Modified(Bound::Included(4), Bound::Unbounded);
    check(
        "modified",
        &count(&modified),
        &["COVERING INDEX document_modified (kind=? AND modified>?)"],
        &not_scanned,
    );
}

#[test]
fn chains_follow_the_keys() {
    let count = |node: &Node| Statement::count(&Sqlite, 1, node, false);
    let chain = |inner_first| Node::Chain { parameter: 7, kind: 2, node: Box::new(token()), inner_first };
    let not_scanned = ["SCAN index", "SCAN document", "AUTOMATIC"];
    check(
        "inner first",
        &count(&chain(true)),
        &["(parameter=? AND code=?", "(parameter=? AND target=?)"],
        &not_scanned,
    );
    let driven = Node::And(vec![reference(), chain(true)]);
    check(
        "tested in a list",
        &count(&driven),
        &["(parameter=? AND target=?)", "LIST SUBQUERY"],
        &not_scanned,
    );
    let driven = Node::And(vec![reference(), chain(false)]);
    let outward = ["(parameter=? AND code=? AND rid=? AND system=?)", "INTEGER PRIMARY KEY (rowid=?)"];
    check("outer first", &count(&driven), &outward, &not_scanned);
    let reverse = Node::Reverse { kind: 2, parameter: 8, node: Box::new(token()) };
    check(
        "reverse",
        &count(&reverse),
        &["(parameter=? AND code=?", "INTEGER PRIMARY KEY (rowid=?)"],
        &not_scanned,
    );
    let driven = Node::And(vec![reference(), reverse]);
    check(
        "reverse tested",
        &count(&driven),
        &["(parameter=? AND target=?)", "(parameter=? AND code=? AND rid=? AND system=?)"],
        &not_scanned,
    );
}
