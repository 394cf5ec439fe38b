// Item collections over 10 GB on a table with LSIs: the service refuses writes that grow them
// (ItemCollectionSizeLimitExceededException, capacity.md 1.11).
// Collections are taken as equally large; a skewed table reaches the limit sooner.

import Units
import Workloads
import YAML

func itemCollectionLint(_ subject: LintSubject) -> [Diagnostic] {
  subject.scenario.tables.compactMap { table in
    guard !table.localIndexes.isEmpty, table.partitionKeyCount > 0 else { return nil }
    let item = SizeSampler(table.itemSize).mean
    let entries = table.localIndexes.reduce(0.0) { sum, index in
      sum + index.share * (index.entrySize.map(Double.init) ?? item)
    }
    let bytes = (item + entries) * Double(table.itemCount) / Double(table.partitionKeyCount)
    guard bytes > Double(ByteCount.gigabytes(10).count) else { return nil }
    return subject.warning(
      "an item collection of '\(table.name)' has about \(ByteCount(Int64(bytes))); with local "
        + "secondary indexes 10 GB is the limit", at: "table \(table.name)",
      expected: "more partition keys, or global secondary indexes")
  }
}
