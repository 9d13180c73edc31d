package dev.gradwire.pass;

import dev.gradwire.graph.Node;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.pass.Plan.Price;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** What nodes cost; sums that do not fit 64 bits end in an {@link ArithmeticException}. */
final class Prices {
    private Prices() {}

    /** Of a node that a kernel of its own computes. */
    static Price of(Node node, List<TensorType> operands, List<TensorType> results) {
        long bytes = 0;
        if (!((Overload) node.op()).declaration().isView()) {
            for (TensorType type : operands) {
                bytes = Math.addExact(bytes, type.lengthInBytes());
            }
            for (TensorType type : results) {
                bytes = Math.addExact(bytes, type.lengthInBytes());
            }
        }
        return new Price(flops(node, results), bytes, 0);
    }

    static long flops(Node node, List<TensorType> results) {
        Declaration declaration = ((Overload) node.op()).declaration();
        return declaration.flops(node.call(), results);
    }
}
