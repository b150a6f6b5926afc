//! What is kept in step one way, to objects beside people: sales persons, companies, opportunities, their roles, custom
//! objects. They pass through the same dirty set, outbox and journal as people; only how they are read, keyed and
//! decided differs, and that is here.

mod between;
mod customs;
mod decide;
mod describe;
mod draft;
mod end;
mod ending;
mod flags;
mod gather;
mod gone;
mod look;
mod members;
mod membership;
mod namesakes;
mod opportunities;
mod outside;
mod parents;
mod prepare;
mod references;
mod roles;
mod rolling;
mod sharing;
mod ties;
mod twins;
mod virtuals;
mod write;

pub(super) use between::pull as pull_between;
pub(super) use customs::lane;
pub(super) use decide::decide;
pub(super) use describe::remembered_key;
pub(super) use end::{ObjectEnd, ROW_ID};
pub(super) use ending::{end, is_out, left};
pub(super) use flags::{check as check_flag, unflagged};
pub(super) use gather::gather;
pub(super) use gone::{DELETED, asks_about_the_gone, without_the_gone};
pub(super) use look::{keep_described, look};
pub(super) use members::{account_roles, is_taken_back};
pub(super) use membership::pull as pull_members;
pub(super) use namesakes::{known_as, namesake, read, row_of};
pub(super) use opportunities::seen;
pub(super) use outside::TakenAlong;
pub(super) use parents::parent_column;
pub(super) use prepare::{acquaint, keep_known, person_columns};
pub(super) use references::{Missing, is_reference, is_there, resolve};
pub(super) use sharing::has_role;
pub(super) use virtuals::{dress, is_untold};
pub(super) use write::write;
