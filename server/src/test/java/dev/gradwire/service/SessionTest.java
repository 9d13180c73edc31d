package dev.gradwire.service;

import static dev.gradwire.service.Wire.leaf;
import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Carry;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Fetch;
import dev.gradwire.v1.Gradient;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.GraphPart;
import dev.gradwire.v1.Keep;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Opened;
import dev.gradwire.v1.ResultRef;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.v1.TensorType;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a session can do; each test ends with nothing held on the server. */
final class SessionTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void holdsNothing() {
        server.assertNothingHeld();
    }

    private static SessionClient session() {
        return new SessionClient(server.async());
    }

    private static Open.Builder squares(long n) {
        return Open.newBuilder().setProgram(Wire.program(Wire.squares(n))).setBackward(Backward.getDefaultInstance());
    }

    private static Execute.Builder run(long id) {
        return Execute.newBuilder().setRunId(id);
    }

    private static ResultRef output(String name) {
        return ResultRef.newBuilder().setOutput(name).build();
    }

    private static ResultRef gradient(String input) {
        return ResultRef.newBuilder().setGradient(input).build();
    }

    @Test
    void runsAsOftenAsWanted() {
        SessionClient session = session().open(squares(3));
        Opened opened = session.opened();
        assertThat(opened.getTypesList()).extracting("name").containsExactly("x", "square", "y");
        assertThat(opened.getGradFnsCount()).isEqualTo(3);
        assertThat(opened.getPrice().getPeakBytes()).isPositive();
        session.tensor("x", Wire.vector(1, 2, 3), 5).execute(run(1));
        SessionClient.Done first = session.done(1);
        assertThat(first.output("y")).containsExactly(14);
        assertThat(first.gradient("x")).containsExactly(2, 4, 6);
        assertThat(first.executed().getGradients(0).getStateCase()).isEqualTo(Gradient.StateCase.STREAMED);
        session.execute(run(2));
        assertThat(session.done(2).output("y")).containsExactly(14);
        session.tensor("x", Wire.vector(0, 0, 5)).execute(run(7));
        assertThat(session.done(7).output("y")).containsExactly(25);
        session.completeWell();
    }

    @Test
    void takesChunksWhileItRuns() {
        SessionClient session = session().open(squares(3));
        session.opened();
        for (int i = 1; i <= 20; i++) {
            session.tensor("x", Wire.vector(i, 0, 0)).execute(run(i));
        }
        for (int i = 1; i <= 20; i++) {
            assertThat(session.done(i).output("y")).containsExactly(i * i);
        }
        session.completeWell();
    }

    @Test
    void sendsLargeTensorsInChunks() {
        int n = 3 << 18; // 3 MiB
        float[] elements = new float[n];
        Arrays.fill(elements, 1);
        SessionClient session = session().open(squares(n));
        session.opened();
        session.tensor("x", Wire.vector(elements), 1 << 20).execute(run(1));
        SessionClient.Done done = session.done(1);
        assertThat(done.output("y")).containsExactly(n);
        assertThat(done.gradient("x")).hasSize(n).containsOnly(2);
        assertThat(done.chunks()).isEqualTo(4);
        session.completeWell();
    }

    @Test
    void takesAProgramInParts() {
        Graph.Builder whole = Wire.squares(3);
        Graph.Builder rest = Graph.newBuilder().addNodes(whole.getNodes(1)).addAllOutputs(whole.getOutputsList());
        Graph.Builder begin = whole.clone().clearOutputs().removeNodes(1);
        SessionClient session = session()
                .open(squares(3).setProgram(Wire.program(begin)).setGraphContinues(true))
                .send(SessionRequest.newBuilder()
                        .setGraphPart(GraphPart.newBuilder().setGraph(rest).setLast(true)));
        Opened inParts = session.opened();
        session.open(squares(3));
        assertThat(session.opened().getDigest()).isEqualTo(inParts.getDigest());
        session.tensor("x", Wire.vector(1, 2, 3)).execute(run(1));
        assertThat(session.done(1).gradient("x")).containsExactly(2, 4, 6);
        session.completeWell();
    }

    @Test
    void knowsAProgramByItsDigest() {
        ByteString digest = server.stub()
                .plan(dev.gradwire.v1.PlanRequest.newBuilder()
                        .setProgram(Wire.program(Wire.squares(3)))
                        .build())
                .getDigest();
        SessionClient session = session().open(squares(3).clearProgram().setDigest(digest));
        assertThat(session.opened().getDigest()).isEqualTo(digest);
        session.tensor("x", Wire.vector(1, 2, 3)).execute(run(1));
        assertThat(session.done(1).gradient("x")).containsExactly(2, 4, 6);
        session.completeWell();
    }

    @Test
    void goesOnAfterAnUnknownDigest() {
        SessionClient session = session().open(Open.newBuilder().setDigest(ByteString.copyFromUtf8("nothing")));
        var error = session.runError();
        assertThat(error.getRunId()).isZero();
        Details details = new Details(error.getStatus());
        assertThat(details.code()).isEqualTo(io.grpc.Status.Code.FAILED_PRECONDITION);
        assertThat(details.reason()).isEqualTo("GRAPH_UNKNOWN");
        session.open(squares(3)).opened();
        session.completeWell();
    }

    @Test
    void carriesResultsIntoInputs() {
        Graph.Builder step = Graph.newBuilder()
                .addInputs(leaf("w", 2))
                .addNodes(node("next", "mul", value("w"), Wire.integer(2)))
                .addOutputs("next");
        SessionClient session = session().open(Open.newBuilder().setProgram(Wire.program(step)));
        session.opened();
        session.tensor("w", Wire.vector(1, 3));
        Carry carry = Carry.newBuilder().setResult(output("next")).setInput("w").build();
        for (int i = 1; i <= 5; i++) {
            session.execute(run(i).addCarry(carry));
            assertThat(session.done(i).results()).isEmpty();
        }
        session.execute(run(6));
        assertThat(session.done(6).output("next")).containsExactly(64, 192);
        // Sent again, an input is what was sent.
        session.tensor("w", Wire.vector(10, 10)).execute(run(7));
        assertThat(session.done(7).output("next")).containsExactly(20, 20);
        session.completeWell();
    }

    @Test
    void keepsResultsUnderNames() {
        SessionClient session = session().open(squares(3));
        session.opened();
        session.tensor("x", Wire.vector(1, 2, 3))
                .execute(run(1).addKeep(
                                Keep.newBuilder().setResult(gradient("x")).setName("g")));
        SessionClient.Done first = session.done(1);
        assertThat(first.results()).containsOnlyKeys(output("y"));
        assertThat(first.executed().getGradients(0).getKept().getName()).isEqualTo("g");
        session.execute(run(2).putBind("x", "g")
                .setFetch(Fetch.newBuilder()
                        .addResults(gradient("x"))
                        .addResults(ResultRef.newBuilder().setKept("g")))
                .addDrop("g"));
        SessionClient.Done second = session.done(2);
        assertThat(second.gradient("x")).containsExactly(4, 8, 12);
        assertThat(second.kept("g")).containsExactly(2, 4, 6);
        session.execute(run(3).putBind("x", "g"));
        assertThat(new Details(session.runError().getStatus()).reason()).isEqualTo("UNKNOWN_KEPT");
        session.execute(run(4).setFetch(Fetch.getDefaultInstance()));
        assertThat(session.done(4).executed().getGradients(0).getStateCase()).isEqualTo(Gradient.StateCase.DISCARDED);
        session.completeWell();
    }

    @Test
    void saysThatAGradientIsUnused() {
        Graph.Builder graph = Wire.squares(3).addInputs(leaf("z", 1));
        SessionClient session = session().open(squares(3).setProgram(Wire.program(graph)));
        session.opened();
        session.tensor("x", Wire.vector(1, 2, 3)).tensor("z", Wire.vector(1)).execute(run(1));
        assertThat(session.done(1).executed().getGradients(1).getStateCase()).isEqualTo(Gradient.StateCase.UNUSED);
        session.execute(
                run(2).addCarry(Carry.newBuilder().setResult(gradient("z")).setInput("z")));
        assertThat(new Details(session.runError().getStatus()).reason()).isEqualTo("UNUSED_RESULT");
        session.completeWell();
    }

    @Test
    void keepsTensorsOverAnotherOpen() {
        SessionClient session = session().open(squares(3));
        session.opened();
        session.tensor("x", Wire.vector(1, 2, 3)).execute(run(1));
        session.done(1);
        Graph.Builder other = Graph.newBuilder()
                .addInputs(leaf("x", 3))
                .addNodes(node("n", "neg", value("x")))
                .addOutputs("n");
        session.open(Open.newBuilder().setProgram(Wire.program(other))).opened();
        session.execute(run(2));
        assertThat(session.done(2).output("n")).containsExactly(-1, -2, -3);
        session.completeWell();
    }

    @Test
    void splitsALongAnswerToOpen() {
        Graph.Builder chain = Graph.newBuilder().addInputs(leaf("n0", 1));
        for (int i = 1; i <= 20_000; i++) {
            chain.addNodes(node("n" + i, "neg", value("n" + (i - 1))));
        }
        chain.addOutputs("n20000");
        SessionClient session = session().open(squares(1).setProgram(Wire.program(chain)));
        Opened opened = session.opened();
        assertThat(opened.getTypesCount()).isEqualTo(20_001);
        assertThat(opened.getGradFnsCount()).isEqualTo(20_001);
        session.completeWell();
    }

    @Test
    void takesTensorsWithoutElements() {
        SessionClient session = session().open(squares(0));
        session.opened();
        session.chunk(TensorChunk.newBuilder()
                .setInput("x")
                .setType(TensorType.newBuilder()
                        .setDtype(dev.gradwire.v1.Dtype.DTYPE_FLOAT32)
                        .addDims(0)));
        session.execute(run(1));
        SessionClient.Done done = session.done(1);
        assertThat(done.output("y")).containsExactly(0);
        assertThat(done.gradient("x")).isEmpty();
        session.completeWell();
    }
}
