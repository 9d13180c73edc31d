package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Parameter;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Args;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Expansion;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Expr;
import dev.gradwire.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts simpler operators in the place of calls without a kernel, until all have one. Elementwise operators in half
 * precision become simpler ones in single precision, so that, as with one kernel, only the result is rounded.
 *
 * @param loops whether what fused loops do well becomes what they are made of, though it has a kernel
 */
record Decompose(OperatorTable operators, boolean loops) implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Graph current = graph;
        while (current.nodes().stream().anyMatch(this::isDecomposable)) {
            current = Rewriter.rewrite(current, operators, this::expand);
        }
        return current;
    }

    private boolean isDecomposable(Node node) {
        Declaration declaration = ((Overload) node.op()).declaration();
        return loops && declaration.loops(node.call()).isPresent() || isWithoutKernel(node, declaration);
    }

    private static boolean isWithoutKernel(Node node, Declaration declaration) {
        return declaration.decomposition().isPresent()
                && !declaration
                        .kernel()
                        .map(kernel -> kernel.takes().test(node.call()))
                        .orElse(false);
    }

    private @Nullable List<Value> expand(Node node, GraphBuilder builder) {
        Declaration declaration = ((Overload) node.op()).declaration();
        Expansion looped = loops ? declaration.loops(node.call()).orElse(null) : null;
        if (looped != null) {
            return looped.apply(new Args(builder, node.call())).stream()
                    .map(Expr::value)
                    .toList();
        }
        if (!isWithoutKernel(node, declaration)) {
            return null;
        }
        Call call = isHalf(node) ? inSinglePrecision(node.call(), declaration, builder) : node.call();
        List<Expr> parts = declaration.decomposition().orElseThrow().apply(new Args(builder, call));
        List<Value> results = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            DType dtype = node.results().get(i).type().dtype();
            results.add((isHalf(node) ? parts.get(i).to(dtype) : parts.get(i)).value());
        }
        return results;
    }

    /** Whether the library would have one kernel for it, which computes with more digits than it stores. */
    private static boolean isHalf(Node node) {
        Declaration declaration = ((Overload) node.op()).declaration();
        return !declaration.isChoosing()
                && declaration
                        .computeDtype(node.call())
                        .filter(dtype -> dtype.isFloating() && dtype.sizeInBytes() < DType.FLOAT32.sizeInBytes())
                        .isPresent();
    }

    private static Call inSinglePrecision(Call call, Declaration declaration, GraphBuilder builder) {
        List<Argument> args = new ArrayList<>(call.args());
        for (int i = 0; i < args.size(); i++) {
            Parameter parameter = call.op().canonical().parameters().get(i);
            if (declaration.isPromoted(parameter.name())
                    && args.get(i) instanceof Value value
                    && value.type().dtype().isFloating()) {
                args.set(i, Expr.of(builder, value).to(DType.FLOAT32).value());
            }
        }
        return new Call(call.op(), args);
    }
}
