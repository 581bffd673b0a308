//! Reading and writing at positions that other values hold.

pub mod embedding;
pub mod gather;
pub mod index_select;
pub mod one_hot;
pub mod pick;
