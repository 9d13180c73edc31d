package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Argument.Body;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Functions that are called once: as they are, with less memory, or with a derivative of their own. */
final class Calls {
    private static final String BARRIER = "_barrier";

    private Calls() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("call(Function function, Tensor[] operands) -> Tensor[]")
                        .doc("function(*operands): its nodes in the call's place")
                        .bodies((call, _) -> call.types("operands"))
                        .composite(n -> n.inline("function", n.list("operands")))
                        .unsampled("it is what its function is"),
                operator("checkpoint(Function function, Tensor[] operands) -> Tensor[]")
                        .doc(
                                "function(*operands), whose inner values are not kept for the derivative but computed again")
                        .gradFn("CheckpointBackward0")
                        .bodies((call, _) -> call.types("operands"))
                        .types(call -> call.body("function").resultTypes())
                        .flow(CHECKPOINT_FLOW)
                        .vjp(List.of("operands"), Calls::checkpointVjp)
                        .decomposeAll(n -> n.inline("function", n.list("operands")))
                        .complex()
                        .unsampled("it takes a function"),
                operator(BARRIER + "(Tensor self, Tensor[] after) -> Tensor")
                        .doc("self, but computed when all of after are there, and not known to be equal to self")
                        .gradFn("BarrierBackward0")
                        .types(call -> List.of(call.type("self")))
                        .vjp("self", n -> n.grad())
                        .kernel("alias", call -> List.of(call.arg("self")))
                        .view()
                        .internal()
                        .complex()
                        .unsampled("it is for rules only"),
                operator("custom_gradient(Function function, Function vjp, Tensor[] operands,"
                                + " Tensor[] additional_inputs=[]) -> Tensor[]")
                        .doc("function(*operands, *additional_inputs), whose cotangents are vjp(*operands,"
                                + " *additional_inputs, *results, *cotangents of the results): one for each operand")
                        .gradFn("CustomGradientBackward0")
                        .bodies(Calls::customBodies)
                        .types(Calls::customTypes)
                        .vjp(List.of("operands"), Calls::customVjp)
                        .decomposeAll(n -> n.inline("function", operands(n)))
                        .complex()
                        .unsampled("it takes a function"));
    }

    private static final Flow CHECKPOINT_FLOW = new Flow() {
        @Override
        public BitSet results(Call call, BitSet operands, Dependence of) {
            return of.results(call.body("function"), operands);
        }

        @Override
        public BitSet operands(Call call, BitSet results, Dependence of) {
            return of.inputs(call.body("function"), results);
        }
    };

    /**
     * The function's nodes are recorded again, as part of the derivative. They start from operands behind a barrier that
     * waits for the cotangents, or they would be found equal to the ones before and their values kept.
     */
    private static List<@Nullable Expr> checkpointVjp(Backward n) {
        List<Expr> operands = n.list("operands");
        BitSet seeded = n.seeded();
        Calculus.Pullback pullback =
                n.calculus().pullback(n.call().body("function"), n.wantedItems("operands"), seeded);
        List<Expr> cotangents = seeded.stream().mapToObj(n::grad).toList();
        List<@Nullable Expr> inputs = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            boolean read = pullback.read().get(i);
            inputs.add(read ? operands.get(i).call(BARRIER, cotangents) : null);
        }
        inputs.addAll(cotangents);
        return spread(pullback.connected(), Args.inline(n.builder(), pullback.body(), inputs), operands.size());
    }

    /** One entry for each operand: the results for those that are connected, null for the others. */
    static List<@Nullable Expr> spread(BitSet connected, List<Expr> results, int count) {
        @Nullable Expr[] all = new @Nullable Expr[count];
        int next = 0;
        for (int i = connected.nextSetBit(0); i >= 0 && i < count; i = connected.nextSetBit(i + 1)) {
            all[i] = results.get(next++);
        }
        return Arrays.asList(all);
    }

    private static List<Expr> operands(Args n) {
        List<Expr> all = new ArrayList<>(n.list("operands"));
        all.addAll(n.list("additional_inputs"));
        return all;
    }

    private static List<TensorType> customBodies(Call call, String parameter) {
        List<TensorType> types = new ArrayList<>(call.types("operands"));
        types.addAll(call.types("additional_inputs"));
        if (parameter.equals("vjp")) {
            List<TensorType> results = call.body("function").resultTypes();
            types.addAll(results);
            types.addAll(results);
        }
        return types;
    }

    private static List<TensorType> customTypes(Call call) {
        Body vjp = call.body("vjp");
        List<Argument> operands = call.items("operands");
        List<TensorType> given = vjp.resultTypes();
        if (given.size() != operands.size()) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "vjp",
                    "the function '" + vjp.name() + "' must return a cotangent for each of " + operands.size()
                            + " operands, but returns " + given.size());
        }
        List<TensorType> types = call.types("operands");
        IntStream.range(0, given.size())
                .filter(i -> types.get(i).dtype().isDifferentiable())
                .forEach(i -> Require.sameType(
                        "vjp", "result " + i + " of the function '" + vjp.name() + "'", given.get(i), types.get(i)));
        return call.body("function").resultTypes();
    }

    private static List<@Nullable Expr> customVjp(Backward n) {
        List<Expr> inputs = new ArrayList<>(operands(n));
        for (int i = 0; i < n.resultCount(); i++) {
            inputs.add(n.result(i));
        }
        inputs.addAll(n.grads());
        BitSet wanted = n.wantedItems("operands");
        List<@Nullable Expr> cotangents = new ArrayList<>(n.inline("vjp", inputs));
        for (int i = 0; i < cotangents.size(); i++) {
            if (!wanted.get(i)) {
                cotangents.set(i, null);
            }
        }
        return cotangents;
    }
}
