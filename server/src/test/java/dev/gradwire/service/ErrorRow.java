package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.v1.Graph;
import dev.gradwire.v1.RunRequest;
import io.grpc.Status.Code;
import java.util.List;

/**
 * One row of the error table.
 *
 * @param metadata key=value, comma-separated
 */
record ErrorRow(String name, Code code, String reason, String field, String metadata, RunRequest request) {
    /** A row of code INVALID_ARGUMENT. */
    static ErrorRow bad(String name, String reason, String field, String metadata, RunRequest.Builder request) {
        return new ErrorRow(name, Code.INVALID_ARGUMENT, reason, field, metadata, request.build());
    }

    static RunRequest.Builder run(Graph.Builder graph) {
        return RunRequest.newBuilder().setProgram(Wire.program(graph));
    }

    /** A run of a graph that has one function. */
    static RunRequest.Builder withFunction(Graph.Builder graph, String name, Graph.Builder function) {
        return RunRequest.newBuilder()
                .setProgram(Wire.program(graph).toBuilder().putFunctions(name, function.build()));
    }

    /** A graph with an input x of three floats. */
    static Graph.Builder x() {
        return Graph.newBuilder().addInputs(Wire.leaf("x", 3));
    }

    /** Sends the request with and without a network. */
    void check(TestServer server) {
        for (var stub : List.of(server.stub(), server.inProcessStub())) {
            Details details = Details.of(() -> stub.run(request));
            assertThat(details.code()).as(details.text()).isEqualTo(code);
            assertThat(details.reason()).as(details.text()).isEqualTo(reason);
            assertThat(details.domain()).isEqualTo("gradwire.dev");
            assertThat(details.field()).as(details.text()).isEqualTo(field);
            for (String pair : metadata.split(",", -1)) {
                if (!pair.isEmpty()) {
                    String[] entry = pair.split("=", 2);
                    assertThat(details.metadata()).as(details.text()).containsEntry(entry[0], entry[1]);
                }
            }
            assertThat(details.text()).doesNotContain("dev.gradwire.", "java.", "/", "Exception");
        }
        server.assertNothingHeld();
    }

    @Override
    public String toString() {
        return name;
    }
}
