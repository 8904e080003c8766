//! The suite that every store must pass.
//!
//! A store's own tests call [`suite!`](crate::suite) with a function that opens an empty store; each check becomes a test of its own. The
//! [`scenario`] module makes random documents and plans and compares a store with the plainest reading of the contract.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a check fails by panicking, as any test does"
)]

pub mod blobs;
pub mod build;
pub mod concurrency;
pub mod oracle;
pub mod scenario;
pub mod searching;
pub mod sorting;
pub mod stores;
pub mod writing;

/// Makes a test of each check of the suite. `$open` is a function that gives a value and an empty store that lives as long as the value.
#[macro_export]
macro_rules! suite {
    ($open:ident) => {
        $crate::suite_module!($open, writing: versions_count_up, tombstones_keep_the_history, expectations, writes_of_a_batch_see_each_other,
            a_refused_batch_leaves_nothing, guards, guards_see_earlier_batches, purges, times_never_go_back, the_feed_has_no_gaps,
            histories, the_audit_log_is_chained, limits_are_kept, ids_and_texts_of_any_form, snapshots_do_not_change,
            a_closed_store_refuses, tickets_keep_the_order);
        $crate::suite_module!($open, searching: tokens, texts, dates, numbers_and_quantities, references, uris, logic, missing_values,
            modified_times, chains_and_reverse_chains, targets_that_come_later, referenced_documents, several_kinds,
            updates_move_index_values, reversed_ends, large_plans);
        $crate::suite_module!($open, sorting: missing_values_are_kept, several_values, several_keys, by_id, by_time, by_every_type,
            pages_of_any_size_agree, documents_created_while_paging, cursors_are_checked);
        $crate::suite_module!($open, concurrency: guarded_creates_do_not_race, readers_and_writers, batches_of_many_threads);
        $crate::suite_module!($open, scenario: random_documents_and_plans);
    };
}

/// One module of [`suite!`].
#[macro_export]
#[doc(hidden)]
macro_rules! suite_module {
    ($open:ident, $module:ident: $($check:ident),* $(,)?) => {
        mod $module {
            $(
                #[test]
                fn $check() {
                    let (_kept, store) = super::$open();
                    $crate::testing::$module::$check(&*store);
                }
            )*
        }
    };
}
