/// The shapes that the routes of `OpenAPIDocument` speak of.
enum OpenAPISchemas {
    static let text = """
        components:
          securitySchemes: {bearer: {type: http, scheme: bearer}}
          parameters:
            Id: {name: id, in: path, required: true, schema: {type: string, minLength: 1, maxLength: 255}, example: task-001, description: "whole, or an unambiguous beginning"}
          responses:
            Problem:
              description: Why not
              content: {application/problem+json: {schema: {$ref: "#/components/schemas/Problem"}}}
          schemas:
            Problem:
              type: object
              required: [type, title, status, detail, code]
              properties:
                type: {type: string}
                title: {type: string}
                status: {type: integer}
                detail: {type: string, description: what, where, why, what to do}
                code: {type: string}
                errno: {type: integer}
                path: {type: string}
                offset: {type: integer}
            JobState: {type: string, enum: [pending, scheduled, parked, in_flight, completed, dead, cancelled]}
            FilterState: {type: string, enum: [pending, scheduled, parked, in_flight, completed, dead, cancelled, simulated]}
            Filter:
              description: Parameters of a filter, by the same names as in the URL
              type: object
              additionalProperties: false
              properties: {\(filterProperties)}
            Bulk:
              description: A selection alone, or a filter and how many jobs it is known to match
              anyOf:
                - {type: object, additionalProperties: false, required: [selection], properties: {selection: {type: string, minLength: 1}}}
                - {type: object, additionalProperties: false, properties: {\(filterProperties), confirm: {anyOf: [{type: integer, minimum: 0}, {type: string, pattern: "^([0-9]{1,9}|all)$"}]}}}
            NewJob:
              description: A payload for a handler, or with `command` a command, which a server takes with --allow-exec only
              type: object
              anyOf: [{required: [payload], properties: {cwd: false, env: false, command: false}}, {required: [command], properties: {payload: false, action: false}}]
              additionalProperties: false
              properties:
                id: {type: string, minLength: 1, maxLength: 255, description: made up if it is missing}
                payload: {description: any JSON value; `action` or `task` in it chooses the handler}
                action: {type: string, minLength: 1, maxLength: 255}
                timeout_ms: {type: integer, minimum: 0, maximum: 86400000}
                max_retry: {type: integer, minimum: 0, maximum: 10000}
                priority: {type: integer, minimum: 0, maximum: 9}
                delay_ms: {type: integer, minimum: 0}
                run_at: {type: string, format: date-time}
                once: {type: boolean}
                command: {type: array, minItems: 1, prefixItems: [{type: string, minLength: 1}], items: {type: string}, description: program and arguments}
                cwd: {type: string, description: absolute}
                env: {type: object, additionalProperties: {type: string}}
            EnqueueResult:
              type: object
              required: [enqueued, duplicates, differs, differing_ids, ids]
              properties:
                enqueued: {type: integer}
                duplicates: {type: integer, description: known before with the same payload}
                differs: {type: integer, description: known with another payload; not taken}
                differing_ids: {type: array, items: {type: string}}
                ids: {type: array, items: {type: string}}
                unhandled: {type: array, items: {type: object, required: [action, jobs, reason], properties: {action: {type: string}, jobs: {type: integer}, reason: {type: string}}}, description: "of a dry run: actions of these jobs that have no handler"}
            JobPage:
              type: object
              required: [jobs]
              properties:
                jobs: {type: array, items: {$ref: "#/components/schemas/Job"}}
                next: {type: string, description: absent at the end}
            Job:
              type: object
              required: [id, state, action, priority, runs, simulated, enqueued_at_ms, work, seq]
              properties:
                id: {type: string}
                state: {$ref: "#/components/schemas/JobState"}
                action: {type: string}
                priority: {type: integer}
                runs: {type: integer}
                simulated: {type: boolean}
                enqueued_at_ms: {type: integer}
                time_ms: {type: integer, description: "due, started or ended"}
                error: {type: string}
                work: {type: string, description: "the command line or payload in one line of at most 200 bytes, redacted"}
                seq: {type: integer}
                worker: {type: integer}
                limit_ms: {type: integer}
                started_at_ms: {type: integer}
                exit_status: {type: integer}
                waits_because: {type: string}
            JobDetails:
              allOf:
                - {$ref: "#/components/schemas/Job"}
                - type: object
                  required: [payload, once, interruptions, history]
                  properties:
                    payload: {type: string, description: "the JSON text, byte for byte"}
                    arguments: {type: array, items: {type: string}}
                    cwd: {type: string}
                    env: {type: array, items: {type: string}}
                    timeout_ms: {type: integer}
                    max_retry: {type: integer}
                    once: {type: boolean}
                    interruptions: {type: integer}
                    fencing_token: {type: integer}
                    limits: {type: array, items: {$ref: "#/components/schemas/Limit"}}
                    history: {type: array, maxItems: 10, items: {$ref: "#/components/schemas/Run"}}
            Limit:
              type: object
              required: [name, value, from]
              properties:
                name: {type: string, enum: [timeout_ms, max_retry, max_interrupted, backoff_base_ms, backoff_max_ms, concurrency, pause_on_failures]}
                value: {type: integer}
                from: {type: string}
            Run:
              type: object
              required: [token, ending, error, output_tail]
              properties:
                number: {type: integer}
                worker: {type: integer}
                token: {type: integer}
                ending: {type: string, enum: [running, completed, failed, timeout, interrupted, cancelled, dead]}
                started_at_ms: {type: integer}
                ended_at_ms: {type: integer}
                exit_status: {type: integer}
                error: {type: string}
                output_tail: {type: string}
            Record:
              type: object
              required: [seq, time_ms, event, details]
              properties:
                seq: {type: integer}
                time_ms: {type: integer}
                event: {type: string}
                job: {type: string}
                details: {type: string}
            BulkResult:
              type: object
              required: [matched]
              properties:
                matched: {type: integer}
                done: {type: integer}
                skipped: {type: integer, description: changed meanwhile or not allowed in their state}
            Group:
              type: object
              required: [action, ending, error, dead, waiting, first, last, examples, filter]
              properties:
                action: {type: string}
                ending: {type: string}
                error: {type: string}
                dead: {type: integer}
                waiting: {type: integer}
                first: {type: integer}
                last: {type: integer}
                examples: {type: array, items: {type: string}}
                filter: {type: object}
            Status:
              type: object
              required: [state, pid, uptime_seconds, version, data_dir, simulated, file_system, jobs, workers, rates, wal, snapshot, recovery, dedup, fingerprint]
              properties:
                state: {type: string, enum: [running, paused, recovering, draining, full, degraded, failed, stopped]}
                pid: {type: integer}
                uptime_seconds: {type: number}
                version: {type: string}
                data_dir: {type: string}
                simulated: {type: boolean}
                jobs: {type: object, additionalProperties: {type: number}}
                workers: {type: object}
                rates: {type: object, additionalProperties: {type: number}}
                wal: {type: object}
                snapshot: {type: object}
                recovery: {type: object}
                dedup: {type: object}
                http: {type: string}
                fingerprint: {type: string}
        """

    private static let filterProperties = [
        ##"state: {anyOf: [{$ref: "#/components/schemas/FilterState"}, {type: array, minItems: 1, items: {$ref: "#/components/schemas/FilterState"}}]}"##,
        "action: {type: string, minLength: 1}",
        "id: {type: string, minLength: 1}",
        "error: {type: string, minLength: 1}",
        "text: {type: string, minLength: 1}",
        "group: {type: string, minLength: 1}",
        #"older: {anyOf: [{type: integer, minimum: 0}, {type: string, pattern: "^([0-9]{1,9}(ms|s)?|[0-9]{1,7}m|[0-9]{1,5}h|[0-9]{1,4}d)$"}]}"#,
        "simulated: {type: boolean}",
        "reveal: {type: boolean}",
    ].joined(separator: ", ")
}
