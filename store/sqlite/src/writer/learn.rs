//! Between two groups: compression dictionaries are learnt, and the log is moved to the file.
//!
//! A kind gets its first dictionary when it has enough documents to learn from, and a better one when it has grown thirty-two
//! times, three in all. What was written before stays as it is.

use hygea_store::Result;
use rusqlite::params;

use super::{LOG_PAGES, Writer};
use crate::catalog::Kind;
use crate::codec::{self, Dictionary};
use crate::failure::failed;

/// Documents from which a kind gets its first dictionary.
const FIRST: i64 = 128;
const GROWTH: i64 = 32;
const DICTIONARIES: i64 = 3;
/// Most samples, and most bytes of them: bounds the time to learn to some tenths of a second.
const SAMPLES: i64 = 2_000;
const SAMPLE_BYTES: usize = 2 << 20;
/// Size of the first dictionary of a kind, and of later ones.
const SIZES: (usize, usize) = (16 << 10, 64 << 10);

impl Writer {
    /// What is done while nobody waits for an answer. A failure here leaves everything as it was, and is tried again later.
    pub(super) fn tidy(&mut self) {
        let _ = self.learn();
        let _ = self.move_log();
    }

    fn move_log(&self) -> Result<()> {
        let failed = failed("move the log to the file");
        let pages: i64 = {
            let mut statement =
                self.linked.connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)").map_err(&failed)?;
            statement
                .query_row([], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))
                .map_err(&failed)?
        };
        let most = if self.shared.queue.is_empty() { LOG_PAGES.0 } else { LOG_PAGES.1 };
        if pages > most {
            self.linked
                .connection
                .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
                .map_err(&failed)?;
        }
        Ok(())
    }

    fn learn(&mut self) -> Result<()> {
        let Some((kind, name, count)) = self.ready_to_learn()? else { return Ok(()) };
        let (samples, sizes) = self.samples(kind)?;
        let size = if count == 0 { SIZES.0 } else { SIZES.1 };
        // Nothing in common: the kind counts as taught, so that it is not tried after every group.
        let content = codec::learn(&samples, &sizes, size).unwrap_or_default();
        let number = self.next.dictionary;
        self.next.dictionary = number.saturating_add(1);
        let failed = failed("write a compression dictionary");
        let transaction = self.linked.connection.unchecked_transaction().map_err(&failed)?;
        let level = self.shared.options.compression;
        let dictionary =
            if content.is_empty() { None } else { Some(Dictionary::new(number, &content, level)?) };
        transaction
            .execute(
                "INSERT INTO dictionary (dictionary, kind, documents, content) \
                 VALUES (?1, ?2, (SELECT live FROM kind WHERE kind = ?2), ?3)",
                params![number, kind, content],
            )
            .map_err(&failed)?;
        if dictionary.is_some() {
            let sql = "UPDATE kind SET dictionary = ? WHERE kind = ?";
            transaction.execute(sql, (number, kind)).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)?;
        if let Some(dictionary) = dictionary {
            self.shared.add_dictionary(dictionary.clone());
            self.catalog.add_kind(&name, Kind { number: kind, dictionary: Some(dictionary) });
            self.shared.publish(self.catalog.clone());
        }
        Ok(())
    }

    /// A kind that has grown enough, and how many dictionaries it has.
    fn ready_to_learn(&self) -> Result<Option<(i64, String, i64)>> {
        let failed = failed("look for a kind to learn from");
        let sql = "SELECT k.kind, k.name, count(d.dictionary) FROM kind k LEFT JOIN dictionary d ON d.kind = k.kind \
                   WHERE k.live >= ?1 GROUP BY k.kind \
                   HAVING count(d.dictionary) < ?2 AND max(k.live) >= ifnull(max(d.documents), 0) * ?3 LIMIT 1";
        let mut statement = self.linked.connection.prepare_cached(sql).map_err(&failed)?;
        let mut rows = statement.query([FIRST, DICTIONARIES, GROWTH]).map_err(&failed)?;
        match rows.next().map_err(&failed)? {
            Some(row) => Ok(Some((
                row.get(0).map_err(&failed)?,
                row.get(1).map_err(&failed)?,
                row.get(2).map_err(&failed)?,
            ))),
            None => Ok(None),
        }
    }

    /// Bodies spread evenly over a kind, one behind the other, and their sizes.
    fn samples(&self, kind: i64) -> Result<(Vec<u8>, Vec<usize>)> {
        let failed = failed("read samples to learn from");
        let sql = "SELECT d.codec, d.body FROM (SELECT rid, row_number() OVER (ORDER BY rid) AS place \
                   FROM document INDEXED BY document_live WHERE kind = ?1 AND deleted = 0) r \
                   CROSS JOIN document d ON d.rid = r.rid \
                   WHERE r.place % max(1, (SELECT live FROM kind WHERE kind = ?1) / ?2) = 0 LIMIT ?2";
        let mut statement = self.linked.connection.prepare_cached(sql).map_err(&failed)?;
        let mut rows = statement.query([kind, SAMPLES]).map_err(&failed)?;
        let (mut samples, mut sizes) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next().map_err(&failed)? {
            let stored: Vec<u8> = row.get(1).map_err(&failed)?;
            let body = self.shared.body(row.get(0).map_err(&failed)?, &stored)?;
            if samples.len().saturating_add(body.len()) > SAMPLE_BYTES {
                break;
            }
            samples.extend_from_slice(&body);
            sizes.push(body.len());
        }
        Ok((samples, sizes))
    }
}
