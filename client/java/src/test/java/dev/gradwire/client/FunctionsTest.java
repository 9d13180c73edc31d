package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.Node;
import dev.gradwire.v1.Program;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Functions of tensors as functions of the program: what is sent. */
final class FunctionsTest {
    private final FakeServer server = new FakeServer();
    private final Gradwire client = server.client();
    private final Tensor x =
            client.tensor(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).named("x").requiresGrad(true);
    private final Tensor w = client.tensor(new float[] {1, 2, 3}).named("w");

    @AfterEach
    void close() {
        server.close();
    }

    private Program sent(Tensor... tensors) {
        client.plan(tensors);
        return server.plans.getLast().getProgram();
    }

    private static String text(Graph graph) {
        String inputs = graph.getInputsList().stream().map(Input::getName).collect(Collectors.joining(" "));
        String nodes = graph.getNodesList().stream().map(FunctionsTest::text).collect(Collectors.joining("; "));
        return "(" + inputs + ") " + nodes + " -> " + String.join(" ", graph.getOutputsList());
    }

    private static String text(Node node) {
        Stream<String> args = node.getArgsList().stream().map(FunctionsTest::text);
        Stream<String> keywords = node.getKwargsMap().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + text(entry.getValue()))
                .sorted();
        return node.getName() + " = " + node.getOp()
                + Stream.concat(args, keywords).collect(Collectors.joining(", ", "(", ")"));
    }

    private static String text(Argument argument) {
        return switch (argument.getKindCase()) {
            case VALUE -> argument.getValue();
            case VALUES -> argument.getValues().getValuesList().toString();
            case INT -> Long.toString(argument.getInt());
            case INTS -> argument.getInts().getValuesList().toString();
            case BOOL -> Boolean.toString(argument.getBool());
            case FUNCTION -> "@" + argument.getFunction();
            default -> argument.getKindCase().name();
        };
    }

    @Test
    void vmapPassesWhatIsCapturedBehindTheOperands() {
        Results mapped = Functions.vmap(
                rows -> {
                    assertThat(rows.getFirst().shape()).containsExactly(2);
                    return List.of(rows.getFirst().sum().mul(w).named("y"));
                },
                List.of(x),
                new int[] {-1},
                new int[] {1});
        Program program = sent(mapped.getFirst());
        assertThat(text(program.getGraph())).isEqualTo("(x w) vmap = vmap(@function, [x], [-1], [w], [1]) -> vmap");
        assertThat(text(program.getFunctionsOrThrow("function")))
                .isEqualTo("(input w) sum = sum(input); y = mul.Tensor(sum, w) -> y");
        assertThat(program.getFunctionsOrThrow("function").getInputs(0).getDtypeValue())
                .isZero();
    }

    @Test
    void derivativesWithinFunctions() {
        Results perSample = Functions.vmap(
                rows -> List.of(Gradwire.grad(rows.getFirst().mul(w).sum(), rows.getFirst())
                        .getFirst()),
                x);
        Program program = sent(perSample.getFirst());
        assertThat(text(program.getFunctionsOrThrow("function")))
                .isEqualTo(
                        "(input w) mul = mul.Tensor(input, w); sum = sum(mul); grad = grad([sum], [input], NONE) -> grad");
    }

    @Test
    void branchesShareTheirOperands() {
        Tensor p = client.tensor(true).named("p");
        Results chosen = Functions.cond(
                p,
                in -> List.of(in.getFirst().mul(w)),
                in -> List.of(in.getFirst().neg()),
                List.of(x));
        assertThat(text(sent(chosen.getFirst()).getGraph()))
                .isEqualTo("(x w p) cond = cond(p, @function, @function_1, [x, w]) -> cond");
        assertThat(chosen.getFirst().isLeaf()).isFalse();
    }

    @Test
    void loops() {
        Tensor n = client.tensor(0L).named("n");
        Results counted = Functions.whileLoop(
                in -> List.of(in.get(0).lt(3)),
                in -> List.of(in.get(0).add(1), in.get(1).mul(w)),
                List.of(n, x),
                5);
        assertThat(text(sent(counted.get(1)).getGraph()))
                .endsWith(
                        "while_loop = while_loop(@function, @function_1, [n, x], [w], max_iterations=5) -> while_loop:1");
        Results scanned = Functions.scan(
                in -> List.of(in.get(0).add(in.get(1)), in.get(0)), List.of(x.sum(1)), List.of(x), 1, true);
        assertThat(text(sent(scanned.get(0), scanned.get(1)).getGraph()))
                .endsWith("scan = scan(@function, [sum], [x], [], dim=1, reverse=true) -> scan scan:1");
        Results repeated = Functions.scan(in -> List.of(in.get(0).mul(2)), List.of(x), 4);
        assertThat(text(sent(repeated.get(0)).getGraph())).contains("scan(@function, [x], [], [], length=4)");
    }

    @Test
    void ownDerivatives() {
        Results own = Functions.customGradient(
                in -> List.of(in.getFirst().mul(w)),
                in -> List.of(in.get(2).add(in.get(1)).mul(in.get(0))),
                x);
        Program program = sent(own.getFirst());
        assertThat(text(program.getGraph()))
                .endsWith("custom_gradient = custom_gradient(@function, @function_1, [x], [w]) -> custom_gradient");
        assertThat(text(program.getFunctionsOrThrow("function_1"))).startsWith("(input w input_1 input_2) add = ");
        Results again = Functions.checkpoint(in -> List.of(in.getFirst().mul(w)), x);
        assertThat(text(sent(again.getFirst()).getGraph())).endsWith("checkpoint(@function, [x, w]) -> checkpoint");
    }

    @Test
    void wholeDerivativesAreOneNode() {
        Tensor y = x.mul(x).sum().named("y");
        Tensor v = client.tensor(new float[6], 2, 3).named("v");
        assertThat(text(sent(Gradwire.jacobian(y, x).getFirst()).getGraph())).endsWith("jacobian(y, [x]) -> jacobian");
        assertThat(text(sent(Gradwire.hessian(y, x).getFirst()).getGraph())).endsWith("hessian(y, [x]) -> hessian");
        assertThat(text(sent(Gradwire.hvp(y, List.of(x), List.of(v)).getFirst()).getGraph()))
                .endsWith("hvp(y, [x], [v]) -> hvp");
        assertThat(text(sent(Gradwire.sparseJacobian(y, x).get("values")).getGraph()))
                .endsWith("sparse_jacobian(y, x) -> sparse_jacobian:1");
        assertThat(text(sent(Gradwire.batchedGrad(List.of(y), List.of(x), List.of(v))
                                .getFirst())
                        .getGraph()))
                .endsWith("grad([y], [x], [v], is_grads_batched=true) -> grad");
    }

    @Test
    void wrongFunctions() {
        assertThatIllegalStateException()
                .isThrownBy(() ->
                        Functions.vmap(in -> List.of(client.tensor(in.getFirst().item())), x))
                .withMessageContaining("function");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Functions.vmap(in -> in, List.of(x), new int[] {2}, new int[0]))
                .withMessageContaining("no dimension 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Functions.cond(x, in -> List.of(), in -> in, List.of(x)))
                .withMessageContaining("there must be 0, but there are 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Functions.whileLoop(in -> in, in -> List.of(), List.of(x)))
                .withMessageContaining("results of the body");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Functions.scan(in -> List.of(), List.of(x), 3))
                .withMessageContaining("carry has 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Functions.customGradient(in -> in, in -> in, x))
                .withMessageContaining("cotangents");
    }
}
