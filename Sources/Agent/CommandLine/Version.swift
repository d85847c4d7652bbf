// The version of this program.

/// By semantic versioning; `agent.version` in every document.
package let version = "0.1.0"
