// The request shapes of exports and imports.

extension Shape {
  private static let transferArn = Shape.text(TextRule(min: 37, max: 1_024))
  private static let bucketName = Shape.text(TextRule(min: 0, max: 255))
  private static let pageSize = Shape.integer(typeName: "Integer", BoundRule(min: 1, max: 25))

  static let exportTableToPointInTime = Shape.structure(
    typeName: "ExportTableToPointInTimeInput",
    [
      ShapeMember("TableArn", .anyText, required: true),
      ShapeMember("ExportTime", time),
      ShapeMember("ClientToken", .anyText),
      ShapeMember("S3Bucket", bucketName, required: true),
      ShapeMember("S3BucketOwner", .anyText),
      ShapeMember("S3Prefix", .text(TextRule(min: 0, max: 1_024))),
      ShapeMember("S3SseAlgorithm", .oneOf("AES256", "KMS")),
      ShapeMember("S3SseKmsKeyId", .anyText),
      ShapeMember("ExportFormat", .oneOf("DYNAMODB_JSON", "ION")),
      ShapeMember("ExportType", .oneOf("FULL_EXPORT", "INCREMENTAL_EXPORT")),
      ShapeMember(
        "IncrementalExportSpecification",
        .structure(
          typeName: "IncrementalExportSpecification",
          [
            ShapeMember("ExportFromTime", time), ShapeMember("ExportToTime", time),
            ShapeMember("ExportViewType", .oneOf("NEW_IMAGE", "NEW_AND_OLD_IMAGES")),
          ])),
    ])

  static let describeExport = Shape.structure(
    typeName: "DescribeExportInput", [ShapeMember("ExportArn", transferArn, required: true)])

  static let listExports = Shape.structure(
    typeName: "ListExportsInput",
    [
      ShapeMember("TableArn", .anyText), ShapeMember("MaxResults", pageSize),
      ShapeMember("NextToken", .anyText),
    ])

  static let importTable = Shape.structure(
    typeName: "ImportTableInput",
    [
      ShapeMember("ClientToken", .anyText),
      ShapeMember(
        "S3BucketSource",
        .structure(
          typeName: "S3BucketSource",
          [
            ShapeMember("S3BucketOwner", .anyText),
            ShapeMember("S3Bucket", bucketName, required: true),
            ShapeMember("S3KeyPrefix", .text(TextRule(min: 0, max: 1_024))),
          ]), required: true),
      ShapeMember("InputFormat", .oneOf("DYNAMODB_JSON", "ION", "CSV"), required: true),
      ShapeMember(
        "InputFormatOptions",
        .structure(
          typeName: "InputFormatOptions",
          [
            ShapeMember(
              "Csv",
              .structure(
                typeName: "CsvOptions",
                [
                  ShapeMember("Delimiter", .text(TextRule(min: 1, max: 1))),
                  ShapeMember(
                    "HeaderList",
                    .list(.text(TextRule(min: 1, max: 65_536)), BoundRule(min: 1, max: 255))),
                ]))
          ])),
      ShapeMember("InputCompressionType", .oneOf("GZIP", "ZSTD", "NONE")),
      ShapeMember("TableCreationParameters", createTable, required: true),
    ])

  static let describeImport = Shape.structure(
    typeName: "DescribeImportInput", [ShapeMember("ImportArn", transferArn, required: true)])

  static let listImports = Shape.structure(
    typeName: "ListImportsInput",
    [
      ShapeMember("TableArn", .anyText), ShapeMember("PageSize", pageSize),
      ShapeMember("NextToken", .anyText),
    ])
}
