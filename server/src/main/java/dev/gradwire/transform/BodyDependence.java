package dev.gradwire.transform;

import dev.gradwire.graph.Argument.Body;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Node;
import dev.gradwire.op.Dependence;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Looks through functions for the paths of derivatives. Answers are kept: bodies may share others many times over. */
class BodyDependence implements Dependence {
    private record Question(Body body, BitSet marked, boolean forward) {}

    private final Map<Question, BitSet> answers = new HashMap<>();

    @Override
    public BitSet results(Body body, BitSet inputs) {
        return answer(new Question(body, inputs, true));
    }

    @Override
    public BitSet inputs(Body body, BitSet results) {
        return answer(new Question(body, results, false));
    }

    private BitSet answer(Question question) {
        BitSet known = answers.get(question);
        if (known == null) {
            Question kept = new Question(question.body, (BitSet) question.marked.clone(), question.forward);
            known = question.forward ? forward(kept) : backward(kept);
            answers.put(kept, known);
        }
        return (BitSet) known.clone();
    }

    private BitSet forward(Question question) {
        Graph graph = question.body.graph();
        BitSet values = new BitSet();
        question.marked.stream()
                .forEach(i -> values.set(graph.inputs().get(i).value().id()));
        graph.nodes().forEach(node -> Edges.markResults(node, values, this));
        BitSet results = new BitSet();
        for (int i = 0; i < graph.outputs().size(); i++) {
            results.set(i, values.get(graph.outputs().get(i).value().id()));
        }
        return results;
    }

    private BitSet backward(Question question) {
        Graph graph = question.body.graph();
        BitSet values = new BitSet();
        question.marked.stream()
                .forEach(i -> values.set(graph.outputs().get(i).value().id()));
        List<Node> nodes = graph.nodes();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Edges.forEachBehind(nodes.get(i), values, this, operand -> values.set(operand.id()));
        }
        BitSet inputs = new BitSet();
        for (int i = 0; i < graph.inputs().size(); i++) {
            inputs.set(i, values.get(graph.inputs().get(i).value().id()));
        }
        return inputs;
    }
}
