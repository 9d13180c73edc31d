package dev.gradwire.pass;

import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.kernel.Group.Places;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.KernelCall;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A group while nodes join it. It has {@code places} places; how they divide into rows and columns, its first reduction
 * along some of the dimensions decides.
 */
final class Draft {
    /** How often a value stands in a group. */
    enum Extent {
        /** At each place. */
        PLACE,
        /** Once for a row. */
        ROW,
        /** Once, of all places, while rows and columns are undecided. */
        ALL,
        /** A result of reducing over the rows: known at the end only. */
        TOTAL
    }

    /** An operand: elements of {@code root}, of which there is one for each element of the node's result. */
    record Ref(Value root, Places layout) {}

    /**
     * A node of the group.
     *
     * @param writer who writes its instructions, null for a reduction
     * @param reduction null for what is no reduction
     */
    record Member(
            Node node,
            KernelCall call,
            Lowering.@Nullable Writer writer,
            @Nullable GroupOp reduction,
            List<Ref> refs) {
        Value result() {
            return node.result();
        }
    }

    final long places;
    final int level;
    private final List<Member> members = new ArrayList<>();
    private final Makers makers;
    /** The tensors that members read and none makes, numbers aside. */
    private final Set<Value> outside = new LinkedHashSet<>();
    /** What another group makes as well; it stands at each place. */
    private final Set<Value> again = new HashSet<>();
    /** 0 while undecided. */
    private long columns;

    /** By the ids of a graph's values: which group makes them, and how often they stand there. */
    static final class Makers {
        private final Views views;
        private final @Nullable Draft[] drafts;
        private final @Nullable Extent[] extents;

        Makers(Views views, int valueCount) {
            this.views = views;
            drafts = new @Nullable Draft[valueCount];
            extents = new @Nullable Extent[valueCount];
        }

        /** Null for what no group makes. */
        @Nullable
        Draft of(Value value) {
            return drafts[value.id()];
        }
    }

    Draft(long places, int level, Makers makers) {
        this.places = places;
        this.level = level;
        this.makers = makers;
    }

    List<Member> members() {
        return members;
    }

    long columns() {
        return columns == 0 ? places : columns;
    }

    long rows() {
        return places / columns();
    }

    /** The tensors that members read and none makes, numbers aside. */
    Set<Value> outside() {
        return outside;
    }

    /** Null for what no member makes. */
    @Nullable
    Extent extent(Value root) {
        if (makers.of(root) == this) {
            return makers.extents[root.id()];
        }
        return !again.isEmpty() && again.contains(root) ? Extent.PLACE : null;
    }

    /** What {@code root} is at the end, once rows and columns are decided. */
    Extent settled(Value root) {
        Extent extent = extent(root);
        if (extent == null) {
            throw new IllegalStateException("no value of this group");
        }
        return extent != Extent.ALL ? extent : rows() == 1 ? Extent.ROW : Extent.TOTAL;
    }

    /** Whether some member reads a tensor. */
    boolean reads(Value root) {
        return extent(root) != null || outside.contains(root);
    }

    /** Puts members before all others, which read what they make; each has a value at each place. */
    void prepend(List<Member> first) {
        members.addAll(0, first);
        for (Member member : first) {
            again.add(member.result());
            outside.remove(member.result());
            read(member);
        }
    }

    /** Whether it is this group that others have a value from. */
    boolean gives(Value value) {
        return !again.contains(value);
    }

    void join(Member member, Extent extent) {
        members.add(member);
        read(member);
        makers.drafts[member.result().id()] = this;
        makers.extents[member.result().id()] = extent;
    }

    private void read(Member member) {
        for (Ref ref : member.refs()) {
            if (extent(ref.root()) == null && makers.views.number(ref.root()) == null) {
                outside.add(ref.root());
            }
        }
    }

    /**
     * Decides that rows have so many columns.
     *
     * @return false when it has been decided otherwise
     */
    boolean decide(long wanted) {
        if (columns == 0) {
            columns = wanted;
        }
        return columns == wanted;
    }

    boolean isDecided() {
        return columns != 0;
    }

    /** Whether a reference of a node with {@code elements} elements reads what this group has at the same place or row. */
    boolean matches(Ref ref, long elements) {
        Places layout = ref.layout();
        if (layout.offset() != 0) {
            return false;
        }
        return switch (settled(ref.root())) {
            case PLACE -> elements == places && (places == 1 || isInOrder(layout, places));
            case ROW ->
                rows() == 1
                        ? layout.isSingle()
                        : elements == rows() ? isInOrder(layout, rows()) : elements == places && isAlongRows(layout);
            case ALL, TOTAL -> false;
        };
    }

    static boolean isInOrder(Places layout, long elements) {
        return elements == 1
                ? layout.isSingle()
                : layout.sizes().size() == 1 && layout.strides().getFirst() == 1;
    }

    private boolean isAlongRows(Places layout) {
        return layout.sizes().size() == 2
                && layout.sizes().get(1) == columns()
                && layout.strides().get(0) == 1
                && layout.strides().get(1) == 0;
    }
}
