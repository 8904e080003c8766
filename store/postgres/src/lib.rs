//! The server and scale-out store on PostgreSQL: the same logical schema with a shard column.
