"""Words that name columns in many files, in the languages that their exports are mostly written in."""

import re

WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        id ids key code codes no nr num number index name names title label description desc text comment
        comments note notes remark type types kind class category group status state flag active value
        values amount total sum count quantity qty price cost rate ratio percent pct score rank level size
        length width height weight area volume age sex gender date time datetime timestamp year month day
        week hour minute second quarter period start end begin from to since until created updated modified
        birth first last middle full surname family given person people user username owner author customer
        client supplier vendor company organisation organization department dept employee manager team
        address street road city town county region province country nation continent postcode postal zip
        phone tel mobile fax email mail url uri link website web site page path file image lat latitude lon
        lng long longitude altitude x y z coordinates location place position source target parent child
        children node product item order invoice account payment currency tax balance units unit stock brand
        model make color colour version language lang locale format species genus station sensor temperature
        temp pressure humidity wind speed direction distance duration mean average avg min max median std
        variance error result outcome event action message subject content body tag tags keyword keywords
        ref reference uuid hash ip host port method query nom prenom adresse ville pays prix montant libelle
        nombre apellido fecha ciudad pais precio cantidad datum ort stadt land strasse preis menge betrag
        bezeichnung nachname vorname artikel anzahl wert einheit naam plaats cognome citta prezzo data
        valore quantidade preco cidade
        """,
    )
)
