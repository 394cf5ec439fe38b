// A hash of bytes for tables in memory and for finding records that were cut off or are stale.
//
// Each word is folded into one of four states by a full multiplication (after wyhash, W. Yi 2019),
// so that a KB takes some 100 ns. It detects accidents, not forgery, and no file that outlives a
// start of the program depends on it.

/// A hash of `bytes` that depends on `seed`. O(n).
func byteHash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
  var lanes: (UInt64, UInt64, UInt64, UInt64) = (
    seed ^ 0x9E37_79B9_7F4A_7C15, seed ^ 0xA076_1D64_78BD_642F, seed ^ 0xE703_7ED1_A0B4_28DB,
    seed ^ 0x8EBC_6AF0_9C88_C6E3
  )
  var at = 0
  while bytes.count - at >= 32 {
    lanes.0 = mix(lanes.0, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    lanes.1 = mix(lanes.1, bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self))
    lanes.2 = mix(lanes.2, bytes.loadUnaligned(fromByteOffset: at + 16, as: UInt64.self))
    lanes.3 = mix(lanes.3, bytes.loadUnaligned(fromByteOffset: at + 24, as: UInt64.self))
    at += 32
  }
  var hash = bytes.count < 32 ? lanes.0 : mix(mix(lanes.0, lanes.1), mix(lanes.2, lanes.3))
  while bytes.count - at >= 8 {
    hash = mix(hash, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    at += 8
  }
  var rest = UInt64(truncatingIfNeeded: bytes.count)
  while at < bytes.count {
    rest = rest << 8 | UInt64(bytes[at])
    at += 1
  }
  return mix(hash, rest)
}

/// Folds the 128 bits of a product. The constant keeps a word that equals the state from zero.
private func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
  let product = (state ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
  return product.high ^ product.low
}
