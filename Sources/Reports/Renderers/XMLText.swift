// Escaping for the two XML-like formats, HTML and SVG.
//
// The five characters with a meaning are replaced and control characters that XML 1.0 forbids are
// dropped, so the same text is safe between tags and inside double-quoted attributes.

/// `text` safe as content and as a double-quoted attribute of HTML and SVG.
func escaped(_ text: String) -> String {
  var out = ""
  out.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": out += "&amp;"
    case "<": out += "&lt;"
    case ">": out += "&gt;"
    case "\"": out += "&quot;"
    case "'": out += "&#39;"
    case "\t", "\n", "\r": out.unicodeScalars.append(scalar)
    default: if scalar.value >= 32 { out.unicodeScalars.append(scalar) }
    }
  }
  return out
}
