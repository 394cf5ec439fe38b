// The options of `serve` that say where exports go and imports come from, if not to a directory.

import Arguments
import Cryptography
import HTTPClient
import LoadGeneration
import Server

extension ServeCommand {
  /// Adds an S3-compatible endpoint to `options`.
  static func withObjectEndpoint(
    _ options: ServerOptions, _ given: GivenArguments
  ) -> Result<ServerOptions, OptionFault> {
    guard let text = given.text("s3-endpoint") else {
      return given.has("no-verify-ssl")
        ? .failure(OptionFault(message: "--no-verify-ssl is of use with --s3-endpoint"))
        : .success(options)
    }
    if given.has("s3-directory") {
      return .failure(OptionFault(message: "--s3-directory and --s3-endpoint exclude each other"))
    }
    let endpoint: Endpoint
    do throws(Endpoint.Fault) { endpoint = try Endpoint(text) } catch {
      return .failure(OptionFault(message: "--s3-endpoint: \(error.description)"))
    }
    let chain = CredentialChain(
      environment: { LoadSettings.variable($0) }, readFile: { path in try? Files.read(path) })
    let found: CredentialChain.Found?
    do throws(LoadFault) { found = try chain.find() } catch {
      return .failure(OptionFault(message: "--s3-endpoint: \(error.description)"))
    }
    guard let identity = found?.identity else {
      return .failure(
        OptionFault(
          message: "--s3-endpoint needs credentials: set AWS_ACCESS_KEY_ID and"
            + " AWS_SECRET_ACCESS_KEY, or a profile"))
    }
    var options = options
    options.objectEndpoint = ObjectEndpoint(
      endpoint,
      SigningCredentials(
        accessKey: identity.accessKey, secretKey: identity.secretKey,
        sessionToken: identity.sessionToken), region: identity.region,
      tls: TLSSettings(
        authorities: LoadSettings.variable("AWS_CA_BUNDLE"),
        verifies: !given.has("no-verify-ssl")))
    return .success(options)
  }
}
