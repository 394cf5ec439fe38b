// Where exports go and imports come from: buckets of named objects, whatever keeps them.
//
// The engine opens no files; the server gives it an implementation. Objects are whole, in gzip or
// not as their writer and reader agree.

/// Why an object could not be written or read.
public struct ObjectFault: Error, Hashable, Sendable {
  /// As the service has it in FailureCode: S3NoSuchBucket, S3NoSuchKey, S3WriteFailed, ...
  public var code: String
  public var message: String

  public init(code: String, message: String) {
    self.code = code
    self.message = message
  }
}

/// Buckets of objects.
public protocol ObjectBuckets: Sendable {
  /// Makes `bytes` the object's content, compressed if asked for; the MD5 of what is stored.
  func store(
    _ bytes: [UInt8], as key: String, in bucket: String, compressed: Bool
  ) throws(ObjectFault) -> [UInt8]

  /// The object's content, expanded if it is compressed.
  func load(_ key: String, from bucket: String, compressed: Bool) throws(ObjectFault) -> [UInt8]

  /// The keys that begin with `prefix`, in byte order.
  func keys(in bucket: String, under prefix: String) throws(ObjectFault) -> [String]
}
