package dev.gradwire.graph;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.op.Operators;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each rule refuses a graph that breaks just it. */
final class GraphVerifierTest {
    private static final TensorType TYPE = TensorType.of(DType.FLOAT64, 3);

    private Graph right;
    private Node node;

    @BeforeEach
    void parse() {
        right = TextForm.parse("x: float64[3]\ny = mul(x, x)\nreturn y", Operators.all())
                .graph();
        node = right.nodes().getFirst();
        GraphVerifier.verify(right);
    }

    private void refuses(List<Node> nodes, List<Graph.Output> outputs, String reason) {
        Graph wrong = new Graph(right.inputs(), nodes, outputs, right.valueCount());
        assertThatThrownBy(() -> GraphVerifier.verify(wrong))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(reason);
    }

    private Node with(List<Argument> args, Value result) {
        return new Node(node.name(), false, node.op(), args, List.of(result));
    }

    @Test
    void valuesAreDefinedBeforeTheirUse() {
        Value later = node.result();
        refuses(List.of(with(List.of(later, later), later)), right.outputs(), "before it is defined");
        refuses(List.of(), right.outputs(), "returned but not defined");
    }

    @Test
    void valuesAreDefinedOnce() {
        refuses(List.of(node, node), right.outputs(), "a second time");
    }

    @Test
    void idsAreDense() {
        refuses(List.of(with(node.args(), new Value(7, TYPE))), right.outputs(), "out of range");
    }

    @Test
    void typesAreWhatTheOperatorInfers() {
        Value wrong = new Value(node.result().id(), TensorType.of(DType.FLOAT32, 3));
        refuses(List.of(with(node.args(), wrong)), right.outputs(), "are inferred");
    }

    @Test
    void argumentsFitTheSchema() {
        refuses(List.of(with(node.args().subList(0, 1), node.result())), right.outputs(), "another schema");
    }
}
