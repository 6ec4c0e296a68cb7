/// What `GET /openapi.yaml` serves: the whole API, as OpenAPI 3.1.
///
/// A test asks a real server for everything in it and checks the answers against it.
enum OpenAPIDocument {
    static let text = """
        openapi: 3.1.0
        info:
          title: beaver-tui
          version: "1"
          description: >-
            A durable job queue. The control socket DATA-DIR/beaver.sock (mode 0600) answers everything; TCP answers
            /metrics, /healthz and /readyz to anyone, the rest with a bearer token. Every error is a problem document
            (RFC 9457) whose `code` is the queue's own. Unknown parameters are refused, never ignored.
        servers: [{url: "http://127.0.0.1:9090"}]
        security: [{bearer: []}]
        paths:
          /v1/jobs:
            post:
              summary: Enqueue
              description: >-
                A JSON array is one commit, all or nothing, up to 64 MiB. NDJSON (one job a line) is taken in batches of
                up to 1000 jobs; each is answered with one line once it is on disk, and the next is read only then. The
                first bad line ends the request with a problem as its last line, or as the whole answer if nothing was
                taken yet; what was answered before stays taken. The same id twice is one job, so any request may be repeated.
              parameters: [{name: dry_run, in: query, schema: {type: boolean}, description: "take nothing; `enqueued` then counts what is not known yet"}]
              requestBody:
                required: true
                content:
                  application/json: {schema: {type: array, items: {$ref: "#/components/schemas/NewJob"}}}
                  application/x-ndjson: {schema: {type: string}}
              responses:
                "200":
                  description: Taken and on disk
                  content:
                    application/json: {schema: {$ref: "#/components/schemas/EnqueueResult"}}
                    application/x-ndjson: {schema: {type: string}}
                default: {$ref: "#/components/responses/Problem"}
            get:
              summary: Jobs in the order they were accepted
              description: >-
                Cursors stay right while jobs come and go. A page may have fewer jobs than `limit` and still a `next`.
              parameters:
        \(filter.indented(by: 8))
                - {name: cursor, in: query, schema: {type: string, pattern: "^[0-9]{1,19}(-[0-9]{1,18})?$"}, description: "`next` of the page before"}
                - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 1000, default: 100}}
              responses:
                "200": {description: One page, content: {application/json: {schema: {$ref: "#/components/schemas/JobPage"}}}}
                default: {$ref: "#/components/responses/Problem"}
          /v1/jobs/{id}:
            parameters: [{$ref: "#/components/parameters/Id"}]
            get:
              summary: Everything about one job
              description: A job with the id retry, cancel or purge is asked for with its first letter percent-encoded.
              parameters: [{name: reveal, in: query, schema: {type: boolean}, description: show the values of redacted keys}]
              responses:
                "200": {description: The job, content: {application/json: {schema: {$ref: "#/components/schemas/JobDetails"}}}}
                default: {$ref: "#/components/responses/Problem"}
            delete:
              summary: Cancel it, or with `purge=true` remove it
              parameters: [{name: purge, in: query, schema: {type: boolean}}]
              responses:
                "200":
                  description: Cancelled, or asked to end
                  content: {application/json: {schema: {type: object, required: [state], properties: {state: {$ref: "#/components/schemas/JobState"}}}}}
                "204": {description: Purged}
                default: {$ref: "#/components/responses/Problem"}
          /v1/jobs/{id}/output:
            parameters: [{$ref: "#/components/parameters/Id"}]
            get:
              summary: What a run wrote
              description: >-
                Up to 1 MiB from `offset`; X-Beaver-Next-Offset is where to go on. With `follow=true` the answer goes on
                until the run has ended.
              parameters:
                - {name: run, in: query, schema: {type: integer, minimum: 1}, description: "of those in `history`, from 1; the newest"}
                - {name: offset, in: query, schema: {type: integer, minimum: 0, maximum: 9223372036854775807}}
                - {name: follow, in: query, schema: {type: boolean}}
              responses:
                "200":
                  description: Bytes
                  headers:
                    X-Beaver-Next-Offset: {schema: {type: string}}
                    X-Beaver-Complete: {schema: {type: string, enum: ["true", "false"]}}
                  content: {application/octet-stream: {schema: {type: string, format: binary}}}
                default: {$ref: "#/components/responses/Problem"}
          /v1/jobs/{id}/records:
            parameters: [{$ref: "#/components/parameters/Id"}]
            get:
              summary: What the log still holds about it, oldest first
              responses:
                "200": {description: Records, content: {application/json: {schema: {type: object, required: [records], properties: {records: {type: array, items: {$ref: "#/components/schemas/Record"}}}}}}}
                default: {$ref: "#/components/responses/Problem"}
          /v1/jobs/{id}/retry:
            parameters: [{$ref: "#/components/parameters/Id"}]
            post:
              summary: Run it again (dead, cancelled, scheduled or simulated)
              responses:
                "204": {description: It waits now}
                default: {$ref: "#/components/responses/Problem"}
        \(bulk("retry").indented(by: 2))
        \(bulk("cancel").indented(by: 2))
        \(bulk("purge").indented(by: 2))
          /v1/selections:
            post:
              summary: Collect the jobs that match now, for one bulk action on exactly those
              description: Kept for ten minutes. A job that changes meanwhile is skipped.
              parameters:
        \(filter.indented(by: 8))
              requestBody:
                description: in place of parameters in the URL
                content: {application/json: {schema: {$ref: "#/components/schemas/Filter"}}}
              responses:
                "201":
                  description: Collected
                  content: {application/json: {schema: {type: object, required: [selection, count, seq], properties: {selection: {type: string}, count: {type: integer}, seq: {type: integer}}}}}
                default: {$ref: "#/components/responses/Problem"}
          /v1/groups:
            get:
              summary: Failures by error, digits and ids folded, the most frequent first
              parameters:
        \(filter.indented(by: 8))
              responses:
                "200": {description: At most 200 groups, content: {application/json: {schema: {type: object, required: [groups], properties: {groups: {type: array, items: {$ref: "#/components/schemas/Group"}}}}}}}
                default: {$ref: "#/components/responses/Problem"}
          /v1/status:
            get:
              summary: Counts, rates, safety
              responses:
                "200": {description: The status, content: {application/json: {schema: {$ref: "#/components/schemas/Status"}}}}
                default: {$ref: "#/components/responses/Problem"}
          /v1/views:
            get:
              summary: What a console shows, of one moment
              description: >-
                With `Accept: text/event-stream` a stream: an event `view` each time something has changed, at most ten a
                second.
              parameters:
                - {name: pane, in: query, schema: {type: array, maxItems: 8, items: {type: string, pattern: "^(running|pending|scheduled|parked|completed|dead|cancelled),[0-9]{1,2}(,end|,[0-9]{1,2},[!-~]+)?$"}}, explode: true, description: "LIST,COUNT or LIST,COUNT,end or LIST,COUNT,BEFORE,ID; LIST is running, pending, scheduled, parked, completed, dead or cancelled"}
                - {name: events_after, in: query, schema: {type: integer, minimum: 0}}
                - {name: reveal, in: query, schema: {type: boolean}, description: show the values of redacted keys}
                - {name: interval_ms, in: query, schema: {type: integer, minimum: 100, maximum: 60000}, description: of a stream}
              responses:
                "200":
                  description: A view
                  content:
                    application/json: {schema: {type: object, required: [status, panes, events]}}
                    text/event-stream: {schema: {type: string}}
                default: {$ref: "#/components/responses/Problem"}
          /v1/workers:
            put:
              summary: So many runs at the same time
              requestBody:
                required: true
                content: {application/json: {schema: {type: object, required: [count], properties: {count: {type: integer, minimum: 0, maximum: 4096}}}}}
              responses:
                "204": {description: Done}
                default: {$ref: "#/components/responses/Problem"}
          /v1/workers/pause:
            post: {summary: Start nothing more, responses: {"204": {description: Done}, default: {$ref: "#/components/responses/Problem"}}}
          /v1/workers/resume:
            post: {summary: Go on, responses: {"204": {description: Done}, default: {$ref: "#/components/responses/Problem"}}}
          /v1/snapshot:
            post:
              summary: Write a snapshot now
              responses:
                "200": {description: Written, content: {application/json: {schema: {type: object, required: [last_seq], properties: {last_seq: {type: integer}}}}}}
                default: {$ref: "#/components/responses/Problem"}
          /v1/lookup:
            post:
              summary: What became of many jobs
              description: One entry an id, in the same order, null for an id that is not known; without `runs` where of a completed job only the id is remembered.
              requestBody:
                required: true
                content: {application/json: {schema: {type: object, required: [ids], properties: {ids: {type: array, maxItems: 1000, items: {type: string}}}}}}
              responses:
                "200": {description: What is known, content: {application/json: {schema: {type: object, required: [jobs], properties: {jobs: {type: array, items: {oneOf: [{type: "null"}, {type: object, required: [state], properties: {state: {type: string}, runs: {type: integer}}}]}}}}}}}
                default: {$ref: "#/components/responses/Problem"}
          /v1/reload:
            post:
              summary: Read the configuration again, as at SIGHUP
              description: With faults it changes nothing and is a problem with the code `configuration`.
              responses:
                "200": {description: "Taken; `waits_for_start` names what holds only from the next start", content: {application/json: {schema: {type: object, required: [waits_for_start], properties: {waits_for_start: {type: array, items: {type: string}}}}}}}
                default: {$ref: "#/components/responses/Problem"}
          /v1/stop:
            post:
              summary: Drain and stop; with `now=true` at once
              parameters: [{name: now, in: query, schema: {type: boolean}}]
              requestBody:
                description: in place of the parameter in the URL
                content: {application/json: {schema: {type: object, additionalProperties: false, properties: {now: {type: boolean}}}}}
              responses:
                "202": {description: It has begun}
                default: {$ref: "#/components/responses/Problem"}
          /metrics:
            get: {summary: Prometheus text, security: [], responses: {"200": {description: Metrics, content: {text/plain: {schema: {type: string}}}}, default: {$ref: "#/components/responses/Problem"}}}
          /healthz:
            get: {summary: The process is well, security: [], responses: {"200": {description: Yes, content: {text/plain: {schema: {type: string}}}}, "503": {description: No, content: {text/plain: {schema: {type: string}}}}}}
          /readyz:
            get: {summary: It takes work, security: [], responses: {"200": {description: Yes, content: {text/plain: {schema: {type: string}}}}, "503": {description: No, content: {text/plain: {schema: {type: string}}}}}}
          /openapi.yaml:
            get: {summary: This document, responses: {"200": {description: OpenAPI, content: {application/yaml: {schema: {}}}}, default: {$ref: "#/components/responses/Problem"}}}
        \(OpenAPISchemas.text)
        """

    /// The same for every route that takes a filter.
    private static let filter = """
        - {name: state, in: query, schema: {type: array, items: {$ref: "#/components/schemas/FilterState"}}, explode: true}
        - {name: action, in: query, schema: {type: string, minLength: 1}}
        - {name: id, in: query, schema: {type: string, minLength: 1}, description: "a glob: * and ?"}
        - {name: error, in: query, schema: {type: string, minLength: 1}, description: "text contained in the last error, whatever the case of its ASCII letters"}
        - {name: text, in: query, schema: {type: string, minLength: 1}, description: "text contained in id, work or last error"}
        - {name: group, in: query, schema: {type: string, minLength: 1}, description: "`group` of a group's filter"}
        - {name: older, in: query, schema: {type: string, pattern: "^([0-9]{1,9}(ms|s)?|[0-9]{1,7}m|[0-9]{1,5}h|[0-9]{1,4}d)$"}, description: "accepted so long ago; 7d, or milliseconds"}
        - {name: simulated, in: query, schema: {type: boolean}}
        - {name: reveal, in: query, schema: {type: boolean}, description: show the values of redacted keys}
        """

    private static func bulk(_ action: String) -> String {
        """
        /v1/jobs/\(action):
          post:
            summary: "\(action) many"
            description: >-
              With `selection` exactly those jobs. With a filter: counts what matches, or acts if `confirm` repeats that
              count or says `all`.
            parameters:
              - {name: selection, in: query, schema: {type: string}}
              - {name: confirm, in: query, schema: {type: string, pattern: "^([0-9]{1,9}|all)$"}}
        \(self.filter.indented(by: 6))
            requestBody:
              description: in place of parameters in the URL
              content: {application/json: {schema: {$ref: "#/components/schemas/Bulk"}}}
            responses:
              "200": {description: Done or counted, content: {application/json: {schema: {$ref: "#/components/schemas/BulkResult"}}}}
              default: {$ref: "#/components/responses/Problem"}
        """
    }
}

extension String {
    fileprivate func indented(by count: Int) -> String {
        self.split(separator: "\n").map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
    }
}
