package dev.gradwire.op;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * An equation with its labels as dimensions: first those of the output, then those to sum over, in the order in which
 * PyTorch has them (capitals before small letters). An ellipsis stands for as many dimensions as the widest operand
 * has under it.
 *
 * @param labels what each dimension is called, for messages
 * @param operands for each operand, the dimension that each of its own is
 * @param outputRank how many dimensions the output has
 */
record EinsumEquation(List<String> labels, List<int[]> operands, int outputRank) {
    private static final char ELLIPSIS = '.';

    int rank() {
        return labels.size();
    }

    int[] operand(int index) {
        return operands.get(index);
    }

    String label(int dim) {
        return labels.get(dim);
    }

    static EinsumEquation parse(String equation, List<Expr> tensors) {
        String text = equation.replace(" ", "");
        int arrow = text.indexOf("->");
        List<String> subscripts = split(arrow < 0 ? text : text.substring(0, arrow));
        Require.that(
                subscripts.size() == tensors.size(),
                "equation",
                "names " + subscripts.size() + " operands, but there are " + tensors.size());
        List<String> inputs = subscripts.stream().map(EinsumEquation::tokens).toList();
        int wide = 0;
        for (int i = 0; i < inputs.size(); i++) {
            wide = Math.max(wide, underEllipsis(inputs.get(i), tensors.get(i).rank(), i));
        }
        String output = arrow < 0 ? implicit(inputs) : tokens(text.substring(arrow + 2));
        return new Layout(inputs, output, wide).equation(tensors);
    }

    private static List<String> split(String list) {
        return List.of(list.split(",", -1));
    }

    /** One character a label; an ellipsis becomes one dot. */
    private static String tokens(String subscript) {
        String labels = subscript.replace("...", ".");
        boolean letters = labels.chars().allMatch(c -> c == ELLIPSIS || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z');
        boolean oneEllipsis = labels.indexOf(ELLIPSIS) == labels.lastIndexOf(ELLIPSIS)
                && (labels.indexOf(ELLIPSIS) < 0 || subscript.contains("..."));
        Require.that(
                letters && oneEllipsis,
                "equation",
                "may hold letters and one ellipsis '...' for an operand, but has '" + subscript + "'");
        return labels;
    }

    /** How many dimensions of the operand the ellipsis stands for. */
    private static int underEllipsis(String labels, int rank, int index) {
        boolean ellipsis = labels.indexOf(ELLIPSIS) >= 0;
        int named = labels.length() - (ellipsis ? 1 : 0);
        if (ellipsis ? named > rank : named != rank) {
            throw Require.shape(
                    "tensors", "entry " + index + " has " + rank + " dimensions, but " + named + " labels for them");
        }
        return ellipsis ? rank - named : 0;
    }

    /** Without an arrow the output has the ellipsis and the labels that occur once, in order. */
    private static String implicit(List<String> inputs) {
        Map<Character, Integer> counts = new TreeMap<>();
        String all = String.join("", inputs);
        for (int i = 0; i < all.length(); i++) {
            char label = all.charAt(i);
            counts.merge(label, 1, Integer::sum);
        }
        StringBuilder output = new StringBuilder().append(ELLIPSIS);
        counts.forEach((label, count) -> {
            if (label != ELLIPSIS && count == 1) {
                output.append(label.charValue());
            }
        });
        return output.toString();
    }

    /** Gives labels their dimensions. */
    private static final class Layout {
        private final List<String> inputs;
        private final Map<Character, Integer> dims = new TreeMap<>();
        private final List<String> labels = new ArrayList<>();
        private final int wide;
        private final int outputRank;

        Layout(List<String> inputs, String output, int wide) {
            this.inputs = inputs;
            this.wide = wide;
            String all = String.join("", inputs);
            for (int i = 0; i < output.length(); i++) {
                char label = output.charAt(i);
                Require.that(
                        !dims.containsKey(label) && (label == ELLIPSIS || all.indexOf(label) >= 0),
                        "equation",
                        "has an output label '" + label + "' that is there twice or in no operand");
                add(label);
            }
            outputRank = labels.size();
            if (!dims.containsKey(ELLIPSIS)) {
                add(ELLIPSIS);
            }
            all.chars().sorted().distinct().forEach(label -> {
                if (!dims.containsKey((char) label)) {
                    add((char) label);
                }
            });
        }

        private void add(char label) {
            dims.put(label, labels.size());
            int count = label == ELLIPSIS ? wide : 1;
            for (int i = 0; i < count; i++) {
                labels.add(label == ELLIPSIS ? "the ellipsis" : "label '" + label + "'");
            }
        }

        EinsumEquation equation(List<Expr> tensors) {
            List<int[]> operands = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                operands.add(dims(inputs.get(i), tensors.get(i).rank()));
            }
            return new EinsumEquation(List.copyOf(labels), List.copyOf(operands), outputRank);
        }

        private int[] dims(String subscript, int rank) {
            int covered = rank - subscript.length() + 1;
            return subscript
                    .chars()
                    .flatMap(label -> {
                        int first = dims.getOrDefault((char) label, 0);
                        return label == ELLIPSIS
                                ? IntStream.range(first + wide - covered, first + wide)
                                : IntStream.of(first);
                    })
                    .toArray();
        }
    }
}
