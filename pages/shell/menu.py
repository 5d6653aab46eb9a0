"""The menu of the app: its sections and pages, each with its title."""

# Section -> pages as (file, title, Material symbol), in the order of the menu.
SECTIONS = {
    "": [
        ("00_welcome", "Welcome", "waving_hand"),
        ("01_playground", "Playground", "play_circle"),
    ],
    "Learn": [
        ("30_lesson_positive_pairs", "Positive pairs", "link"),
        ("31_lesson_composition", "Composing augmentations", "layers"),
        ("32_lesson_info_nce", "InfoNCE by hand", "function"),
        ("33_lesson_negatives", "Negatives and batch size", "group_remove"),
        ("34_lesson_temperature", "Temperature", "thermometer"),
        ("35_lesson_without_negatives", "Without negatives", "hub"),
        ("36_lesson_representations", "Reading representations", "query_stats"),
        ("37_lesson_meaning", "Augmentation is meaning", "translate"),
    ],
    "Look inside": [
        ("02_augmentations", "Augmentations", "auto_fix"),
        ("10_loss_by_hand", "The loss by hand", "pan_tool"),
        ("11_matrix_inspector", "Matrix inspector", "grid_on"),
    ],
    "Labs": [
        ("20_shortcuts", "Augmentations and shortcuts", "palette"),
        ("21_negatives", "Negatives, batch and queue", "groups"),
        ("22_temperature", "Temperature", "device_thermostat"),
        ("23_collapse", "Collapse", "compress"),
        ("24_features", "What features keep", "inventory_2"),
        ("25_reading_the_map", "Reading the map", "map"),
        ("26_sound", "Sound", "graphic_eq"),
    ],
    "Quiz": [
        ("50_quiz", "Quiz", "quiz"),
        ("51_your_progress", "Your progress", "insights"),
        ("52_for_teachers", "For teachers", "school"),
    ],
}
# URL paths of the pages with a sidebar, which controls the learner's run.
WITH_SIDEBAR = {"playground", "augmentations"}
