//! A log entry as raft-engine wants it: a protobuf message that is none, because its bytes are our own codec's.
//!
//! raft-engine calls three things only: [`Message::write_to_vec`], [`Message::parse_from_bytes`] and
//! [`MessageExt::index`]. The rest of the trait is the least that it takes; protobuf's own parser is never reached.

use std::any::Any;
use std::io;
use std::sync::OnceLock;

use bytes::Bytes;
use openraft::vote::RaftLeaderId;
use protobuf::Clear;
use protobuf::CodedInputStream;
use protobuf::CodedOutputStream;
use protobuf::Message;
use protobuf::ProtobufError;
use protobuf::ProtobufResult;
use protobuf::UnknownFields;
use protobuf::reflect::MessageDescriptor;
use raft_engine::MessageExt;

use crate::replication::codec::Decoder;
use crate::replication::codec::put_entry;
use crate::replication::types::CommittedLeaderId;
use crate::replication::types::Entry;
use crate::replication::types::EntryPayload;
use crate::replication::types::LogId;

/// An entry on its way to or from raft-engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Record(pub Entry);

impl MessageExt for Record {
    type Entry = Self;

    fn index(record: &Self) -> u64 {
        record.0.log_id.index
    }
}

impl Record {
    fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_entry(&mut out, &self.0);
        out
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ProtobufError {
    ProtobufError::IoError(io::Error::new(io::ErrorKind::InvalidData, error))
}

impl Message for Record {
    fn write_to_vec(&self, out: &mut Vec<u8>) -> ProtobufResult<()> {
        put_entry(out, &self.0);
        Ok(())
    }

    fn parse_from_bytes(bytes: &[u8]) -> ProtobufResult<Self> {
        let mut reader = Decoder::new(Bytes::copy_from_slice(bytes));
        let entry = reader.entry().map_err(invalid)?;
        reader.finish().map_err(invalid)?;
        Ok(Self(entry))
    }

    fn is_initialized(&self) -> bool {
        true
    }

    fn compute_size(&self) -> u32 {
        self.encoded().len() as u32
    }

    fn get_cached_size(&self) -> u32 {
        self.compute_size()
    }

    fn write_to_with_cached_sizes(&self, out: &mut CodedOutputStream<'_>) -> ProtobufResult<()> {
        out.write_raw_bytes(&self.encoded())
    }

    fn merge_from(&mut self, _: &mut CodedInputStream<'_>) -> ProtobufResult<()> {
        Err(invalid("a log entry is no protobuf message"))
    }

    fn descriptor(&self) -> &'static MessageDescriptor {
        unreachable!("a log entry is no protobuf message")
    }

    fn get_unknown_fields(&self) -> &UnknownFields {
        static NONE: OnceLock<UnknownFields> = OnceLock::new();
        NONE.get_or_init(UnknownFields::new)
    }

    fn mut_unknown_fields(&mut self) -> &mut UnknownFields {
        unreachable!("a log entry is no protobuf message")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn new() -> Self {
        let log_id = LogId::new(CommittedLeaderId::new(0, 0), 0);
        Self(Entry { log_id, payload: EntryPayload::Blank })
    }

    fn default_instance() -> &'static Self {
        static DEFAULT: OnceLock<Record> = OnceLock::new();
        DEFAULT.get_or_init(Message::new)
    }
}

impl Clear for Record {
    fn clear(&mut self) {
        *self = Message::new();
    }
}
